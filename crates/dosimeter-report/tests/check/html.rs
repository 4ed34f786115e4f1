//! The page: well-formed, small, self-contained, with the landmarks that a screen reader steers by.

use dosimeter_report::{Format, Style, render};

use crate::fixtures;

fn page(diagnosis: &dosimeter_core::diagnosis::Diagnosis) -> String {
    render(Format::Html, diagnosis, &Style::default())
}

#[test]
fn small_at_fifty_columns() {
    let wide = fixtures::wide();
    assert_eq!(wide.columns.len(), 50);
    let bytes = page(&wide).len();
    assert!(bytes < 300_000, "{bytes} bytes");
}

#[test]
fn self_contained() {
    for (name, diagnosis) in fixtures::all() {
        let page = page(&diagnosis);
        assert!(page.contains("default-src 'none'; style-src 'unsafe-inline'"), "{name}");
        for part in ["<script", "<link", "<img", "<iframe", "<object", "<base", "url(", "@import", " src=", " on"] {
            // A payload's text may hold these, but only where it is escaped or plain text.
            let found =
                super::hostile::tags(&page).into_iter().find(|tag| tag.contains(part) && !tag.contains("&quot;"));
            assert_eq!(found, None, "{name}: {part}");
        }
        let style = page.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).unwrap_or("");
        assert!(!style.is_empty() && !style.contains("url(") && !style.contains("@import"), "{name}");
        for part in ["@media print", "prefers-color-scheme:dark", "prefers-reduced-motion"] {
            assert!(style.contains(part), "{name}: {part}");
        }
    }
}

#[test]
fn accessible() {
    for (name, diagnosis) in fixtures::all() {
        let page = page(&diagnosis);
        for part in ["<html lang=\"en\">", "<main", "<header", "<nav aria-label", "<footer", "class=\"skip\"", "<h1"] {
            assert_eq!(page.matches(part).count(), 1, "{name}: {part}");
        }
        assert_eq!(page.matches("<table").count(), page.matches("<caption").count(), "{name}");
        let tags = super::hostile::tags(&page);
        let drawings = tags.iter().filter(|tag| tag.starts_with("<svg")).count();
        let named = tags.iter().filter(|tag| tag.starts_with("<svg") && tag.contains("role=\"img\"")).count();
        let hidden = tags.iter().filter(|tag| tag.starts_with("<svg") && tag.contains("aria-hidden=\"true\"")).count();
        assert_eq!(drawings, named + hidden, "{name}");
        // One title is the page's own.
        assert_eq!(tags.iter().filter(|tag| **tag == "<title>").count(), named + 1, "{name}");
        let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(ids.len(), unique.len(), "{name}: an id came twice");
    }
}

#[test]
fn verdict_first_and_blind_never_green() {
    let page_ = page(&fixtures::hotel::decaying());
    let order = [
        "Decaying",
        "class=\"wide\"",
        "Findings</h2>",
        "Where the change",
        "What silence",
        "Columns</h2>",
        "What was read",
    ];
    let places: Vec<Option<usize>> = order.iter().map(|part| page_.find(part)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    let blind = page(&fixtures::blind());
    assert!(blind.contains("class=\"verdict blind\"") && !blind.contains("class=\"verdict healthy\""));
}

#[test]
fn one_form_of_date_on_an_axis() {
    let page = page(&fixtures::hotel::decaying());
    let wide = page.split("class=\"wide\"").nth(1).and_then(|rest| rest.split("</svg>").next()).unwrap_or("");
    assert!(wide.contains(">Jul 2015<") && wide.contains(">2016<").eq(&false) && wide.contains(" 2016<"), "{wide}");
}

#[test]
fn segments_are_a_table_in_words() {
    use dosimeter_core::diagnosis::Detail;
    let mut d = fixtures::hotel::decaying();
    let segment = std::collections::BTreeMap::from([
        ("column".to_owned(), Detail::from("lead_time")),
        ("value".to_owned(), Detail::from("168 to 364")),
        ("share".to_owned(), Detail::from(0.224)),
        ("loss_reference".to_owned(), Detail::from(0.031)),
        ("loss_current".to_owned(), Detail::from(0.313)),
        ("contribution".to_owned(), Detail::from(0.063)),
    ]);
    d.findings[2].detail.insert("segments".to_owned(), Detail::List(vec![Detail::Map(segment)]));
    let text = page(&d);
    assert!(text.contains("Where it is worst") && text.contains("lead_time = 168 to 364"), "{text}");
    assert!(text.contains("0.031 → 0.313") && !text.contains("loss_current"), "{text}");
    // What speaks of the metric alone shows the metric.
    assert!(text.contains("accuracy by window</title>"), "{text}");
}

#[test]
fn the_onset_is_marked_in_every_picture_that_has_one() {
    let decaying = fixtures::hotel::decaying();
    assert!(decaying.findings.iter().any(|f| f.onset.as_ref().is_some_and(|o| o.window.is_some())));
    let marks = |d: &dosimeter_core::diagnosis::Diagnosis| {
        super::hostile::tags(&page(d)).iter().filter(|t| t.contains("class=\"onset\"")).count()
    };
    // In the timeline, which is drawn wide and narrow, and beside findings.
    assert!(marks(&decaying) > 2, "{}", marks(&decaying));
    let mut undated = decaying.clone();
    undated.findings.iter_mut().for_each(|f| f.onset = None);
    assert_eq!(marks(&undated), 0);
}
