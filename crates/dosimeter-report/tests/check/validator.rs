//! A validator for the part of JSON Schema that the result's schema uses. The tests of the program include it too.
//!
//! It is stricter than the standard in one point: where an object lists properties, others are errors, so that no field
//! goes undocumented. Readers of the format must accept them.

use serde_json::Value;

const SCHEMA: &str = include_str!("../../../../docs/schema/dosimeter.diagnosis-1.schema.json");

/// Keywords that say nothing about validity here.
const NOTES: [&str; 7] = ["$schema", "$id", "$defs", "title", "description", "format", "minItems"];

struct Validator {
    root: Value,
    errors: Vec<String>,
}

impl Validator {
    fn check(&mut self, schema: &Value, value: &Value, at: &str) {
        let Some(keywords) = schema.as_object() else {
            if schema != &Value::Bool(true) {
                self.errors.push(format!("{at}: schema is {schema}"));
            }
            return;
        };
        for (keyword, rule) in keywords {
            self.keyword(keyword, rule, keywords, value, at);
        }
    }

    fn keyword(&mut self, keyword: &str, rule: &Value, all: &serde_json::Map<String, Value>, value: &Value, at: &str) {
        let fine = match keyword {
            "$ref" => {
                let pointer = rule.as_str().and_then(|text| text.strip_prefix('#')).unwrap_or("/missing");
                match self.root.pointer(pointer).cloned() {
                    Some(schema) => self.check(&schema, value, at),
                    None => self.errors.push(format!("{at}: no {rule}")),
                }
                true
            }
            "type" => match rule {
                Value::Array(names) => names.iter().any(|name| is(value, name)),
                name => is(value, name),
            },
            "const" => value == rule,
            "enum" => rule.as_array().is_some_and(|values| values.contains(value)),
            "minimum" => value.as_f64().is_none_or(|v| Some(v) >= rule.as_f64()),
            "maxItems" => {
                let least = all.get("minItems").and_then(Value::as_u64).unwrap_or(0);
                value.as_array().is_none_or(|items| {
                    let n = items.len() as u64;
                    n >= least && Some(n) <= rule.as_u64()
                })
            }
            "anyOf" => {
                rule.as_array().is_some_and(|schemas| schemas.iter().any(|schema| self.holds(schema, value, at)))
            }
            "items" => {
                for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.check(rule, item, &format!("{at}/{i}"));
                }
                true
            }
            "required" => {
                let names = rule.as_array().into_iter().flatten().filter_map(Value::as_str);
                value.as_object().is_none_or(|object| names.into_iter().all(|name| object.contains_key(name)))
            }
            "properties" => {
                for (name, item) in value.as_object().into_iter().flatten() {
                    match rule.get(name) {
                        Some(schema) => self.check(schema, item, &format!("{at}/{name}")),
                        None => self.errors.push(format!("{at}/{name}: not in the schema")),
                    }
                }
                true
            }
            "additionalProperties" => {
                for (name, item) in value.as_object().into_iter().flatten() {
                    self.check(rule, item, &format!("{at}/{name}"));
                }
                true
            }
            note => NOTES.contains(&note),
        };
        if !fine {
            self.errors.push(format!("{at}: {keyword} {rule} does not hold"));
        }
    }

    fn holds(&self, schema: &Value, value: &Value, at: &str) -> bool {
        let mut trial = Validator { root: self.root.clone(), errors: Vec::new() };
        trial.check(schema, value, at);
        trial.errors.is_empty()
    }
}

fn is(value: &Value, name: &Value) -> bool {
    match name.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        Some("number") => value.is_number(),
        Some("integer") => value.is_u64() || value.is_i64(),
        _ => false,
    }
}

/// Everything in a result that the schema does not allow, each with its place.
pub(crate) fn errors(value: &Value) -> Vec<String> {
    let root: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    let mut validator = Validator { root: root.clone(), errors: Vec::new() };
    validator.check(&root, value, "");
    validator.errors
}
