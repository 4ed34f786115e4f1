//! Faults change what they say and nothing else.

use super::edit::{numbers, rewritten};
use super::{FAULTS, percent};
use crate::batch::{Batch, Column, Values};

fn batch() -> Batch {
    let texts: Vec<Option<String>> = (0..10).map(|i| (i != 3).then(|| ["a", "b"][i % 2].to_owned())).collect();
    let x = Column::plain("x".into(), Values::Integer((0..10).collect()), None);
    Batch { rows: 10, columns: vec![x, Column::from_texts("t", &texts)] }
}

#[test]
fn rows_are_sliced_and_taken_with_what_is_known_of_them() {
    let mut b = batch();
    b.columns[1].unparsed = vec![(3, "?".to_owned())];
    b.columns[0].layouts = vec![(crate::Layout::ALL[0], 2..6)];
    let part = b.slice(2..5);
    assert_eq!((part.rows, part.columns[1].text(0), part.columns[1].text(1)), (3, Some("a"), None));
    assert_eq!(part.columns[1].unparsed, [(1, "?".to_owned())]);
    assert_eq!(part.columns[0].layouts, [(crate::Layout::ALL[0], 0..3)]);
    let taken = b.take(&[9, 3, 3, 4, 99]);
    assert_eq!(numbers(&taken.columns[0]).unwrap(), [Some(9.0), Some(3.0), Some(3.0), Some(4.0), None]);
    assert_eq!(taken.columns[1].unparsed, [(1, "?".to_owned()), (2, "?".to_owned())]);
    assert_eq!(taken.columns[0].layouts, [(crate::Layout::ALL[0], 1..4)]);
}

#[test]
fn texts_are_rewritten_where_struck_and_held() {
    let b = batch();
    let struck: Vec<bool> = (0..10).map(|i| i >= 2).collect();
    let upper = rewritten(&b.columns[1], &struck, str::to_uppercase).unwrap();
    let seen: Vec<Option<&str>> = (0..10).map(|i| upper.text(i)).collect();
    assert_eq!(seen[..6], [Some("a"), Some("b"), Some("A"), None, Some("A"), Some("B")]);
    assert!(rewritten(&b.columns[1], &struck, str::to_owned).is_none());
}

#[test]
fn faults_are_named_once_rise_and_are_known_to_the_catalogue() {
    let mut seen = std::collections::BTreeSet::new();
    for fault in FAULTS {
        assert!(seen.insert(fault.id), "{} twice", fault.id);
        assert!(fault.strengths.is_sorted() && !fault.strengths.is_empty(), "{}", fault.id);
        for name in fault.right.iter().chain(fault.near) {
            let known = dosimeter_core::catalogue::kind(name).is_some()
                || dosimeter_core::catalogue::Mode::parse(name).is_some();
            assert!(known, "{}: {name} is no mode and no kind", fault.id);
        }
    }
    assert_eq!([percent(0.005), percent(0.05), percent(1.0)], ["0.5 %", "5 %", "100 %"]);
}
