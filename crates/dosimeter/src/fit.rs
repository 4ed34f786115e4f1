//! `dosimeter fit`.

use dosimeter_core::profile::baseline::WindowSpec;
use dosimeter_core::profile::{Baseline, Role, file};
use dosimeter_core::text::digits;
use dosimeter_scan::pass::Part;
use dosimeter_scan::pass::labels::Labels;

use crate::args::FitArgs;
use crate::config;
use crate::error::{Failure, Outcome};
use crate::notes::Notes;
use crate::output;
use crate::plan::plan;
use crate::progress::Ticker;
use crate::source;

pub(crate) fn run(args: &FitArgs) -> Outcome {
    let (watch, _) = config::complete(&args.watch)?;
    let name =
        std::path::Path::new(&args.output).file_stem().map_or("model".into(), |n| n.to_string_lossy().into_owned());
    let plan = plan(&watch, &name)?;
    let ticker = Ticker::start(watch.quiet);
    let mut notes = Notes::default();
    let dataset = source::open(&args.reference, &plan.read, &mut notes)?;
    let time = source::time_column(&dataset, plan.time.as_deref());
    let read = source::read_labels(&args.labels, &plan);
    let labels = read.as_ref().map(|f| f as &dyn Fn(&Baseline) -> Result<Labels, Failure>);
    let (fitted, _) =
        source::learn(&dataset, Part::All, time.as_deref(), Some((0, None)), labels, &plan, &ticker, &mut notes)?;
    drop(ticker);
    let bytes = file::encode(&fitted.baseline).map_err(|e| Failure::new(e.to_string()))?;
    output::write(&args.output, &bytes)?;
    output::print(&summary(&fitted.baseline, &args.output.display().to_string(), bytes.len(), &notes.warnings))?;
    Ok(if notes.complain() { 2 } else { 0 })
}

/// A number of bytes for people.
fn size(bytes: usize) -> String {
    match bytes as f64 {
        b if b >= 999_950.0 => format!("{:.1} MB", b / 1e6),
        b => format!("{} KB", digits((b / 1000.0).ceil())),
    }
}

/// A window's length in words: `1 week`, `2 months (Europe/Lisbon)`, `500 rows`.
fn length(window: &WindowSpec) -> String {
    let WindowSpec::Time { span, zone } = window else { return window.to_string() };
    let split = span.find(|c: char| !c.is_ascii_digit()).unwrap_or(span.len());
    let (count, unit) = span.split_at(split);
    let unit = match unit.trim() {
        "h" => "hour",
        "d" => "day",
        "w" => "week",
        "mo" => "month",
        "y" => "year",
        other => other.trim_end_matches('s'),
    };
    let count = if count.is_empty() { "1" } else { count };
    let plural = if count == "1" { "" } else { "s" };
    let place = if zone == "UTC" { String::new() } else { format!(" ({zone})") };
    format!("{count} {unit}{plural}{place}")
}

fn summary(b: &Baseline, path: &str, bytes: usize, warnings: &[String]) -> String {
    let mut text = format!(
        "{path}: {} columns, {} rows in {} windows of {}, {}\n",
        b.columns.len(),
        digits(b.reference.rows() as f64),
        b.reference.windows.len(),
        length(&b.window),
        size(bytes),
    );
    for role in [Role::Id, Role::Time, Role::Prediction, Role::Score, Role::Label, Role::Segment] {
        let names: Vec<&str> = b.columns.iter().filter(|c| c.role == role).map(|c| c.name.as_str()).collect();
        if !names.is_empty() {
            let guessed = if names.iter().any(|n| b.inferred.iter().any(|i| i == n)) {
                format!("  (guessed; --{} says otherwise)", role.as_str())
            } else {
                String::new()
            };
            text.push_str(&format!("  {:<11}{}{guessed}\n", role.as_str(), names.join(", ")));
        }
    }
    match b.watch.metric {
        Some(m) => text.push_str(&format!("  {:<11}{}\n", "metric", m.id())),
        None => text.push_str("  no label or prediction is known: performance will not be seen\n"),
    }
    for w in warnings {
        text.push_str(&format!("  warning: {w}\n"));
    }
    text.lines().map(|l| format!("{}\n", dosimeter_report::escape::visible(l))).collect()
}

#[cfg(test)]
mod tests {
    use super::{WindowSpec, length, size};

    #[test]
    fn sizes_and_lengths_are_for_people() {
        assert_eq!([size(849), size(848_761), size(999_949), size(4_848_761)], ["1 KB", "849 KB", "1000 KB", "4.8 MB"]);
        let of = |span: &str, zone: &str| length(&WindowSpec::Time { span: span.into(), zone: zone.into() });
        assert_eq!([of("1w", "UTC"), of("6h", "UTC"), of("d", "UTC")], ["1 week", "6 hours", "1 day"]);
        assert_eq!(of("2mo", "Europe/Lisbon"), "2 months (Europe/Lisbon)");
        assert_eq!(length(&WindowSpec::Rows(500)), "500 rows");
    }
}
