//! The JSON result against its published schema.

use dosimeter_report::{Format, Style, render};
use serde_json::Value;

use super::validator::errors;

#[test]
fn results_follow_the_schema() {
    for (name, diagnosis) in crate::fixtures::all() {
        let text = render(Format::Json, &diagnosis, &Style::default());
        let value: Value = serde_json::from_str(&text).expect("valid JSON");
        assert_eq!(errors(&value), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn the_validator_sees_what_is_wrong() {
    let text = render(Format::Json, &crate::fixtures::hotel::decaying(), &Style::default());
    let good: Value = serde_json::from_str(&text).expect("valid JSON");
    let check = |pointer: &str, wrong: Value| {
        let mut value = good.clone();
        *value.pointer_mut(pointer).expect(pointer) = wrong;
        assert!(!errors(&value).is_empty(), "{pointer}");
    };
    check("/format", Value::from("dosimeter.diagnosis/2"));
    check("/verdict", Value::from("fine"));
    check("/metric/change", Value::from("much"));
    check("/metric/interval", serde_json::json!([1.0]));
    check("/findings/0/severity", Value::Null);
    check("/windows/0/rows", Value::from(-1));
    check("/inputs", serde_json::json!({}));
    check("/power", serde_json::json!({ "metric_change": 0.1, "rows": 1, "note": "", "new": 1 }));
}
