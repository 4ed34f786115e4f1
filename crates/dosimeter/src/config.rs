//! `dosimeter.toml`: every flag by the same name, said once and for all.

use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;

use crate::args::WatchArgs;
use crate::error::Failure;
use crate::instant;

/// The file looked for in the working directory.
const DEFAULT: &str = "dosimeter.toml";

/// One name or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Many(Vec<String>),
}

impl Names {
    fn list(self) -> Vec<String> {
        match self {
            Names::One(s) => s.split(',').map(|n| n.trim().to_owned()).collect(),
            Names::Many(v) => v,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    monitor: Option<String>,
    #[serde(default)]
    data: Data,
    #[serde(default)]
    roles: Roles,
    #[serde(default)]
    model: Model,
    #[serde(default)]
    policy: Policy,
}

/// Where the data are.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Data {
    history: Option<Names>,
    reference: Option<Names>,
    current: Option<Names>,
    baseline: Option<String>,
    reference_until: Option<toml::Value>,
    as_of: Option<toml::Value>,
    labels: Option<Names>,
    delimiter: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Roles {
    id: Option<String>,
    time: Option<String>,
    prediction: Option<String>,
    score: Option<Scores>,
    label: Option<String>,
    segment: Option<Names>,
    ignore: Option<Names>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Scores {
    One(String),
    ByClass(toml::map::Map<String, toml::Value>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Model {
    task: Option<String>,
    positive: Option<toml::Value>,
    threshold: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    metric: Option<String>,
    tolerance: Option<f64>,
    false_alarms: Option<String>,
    every: Option<String>,
    window: Option<toml::Value>,
    time_zone: Option<String>,
    seed: Option<u64>,
}

/// The data paths of a settings file, as far as the command line left them open.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    pub(crate) history: Vec<String>,
    pub(crate) reference: Vec<String>,
    pub(crate) current: Vec<String>,
    pub(crate) baseline: Option<String>,
    pub(crate) reference_until: Option<String>,
    pub(crate) labels: Vec<String>,
    pub(crate) as_of: Option<String>,
}

/// Fills what was not typed from the settings file; what was typed wins.
pub(crate) fn complete(watch: &WatchArgs) -> Result<(WatchArgs, Paths), Failure> {
    let path = watch.config.as_deref().unwrap_or(Path::new(DEFAULT));
    if watch.config.is_none() && !path.exists() {
        return Ok((watch.clone(), Paths::default()));
    }
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| {
        let failure = Failure::new(format!("cannot read the settings ({e}): {shown}"));
        match e.kind() {
            ErrorKind::InvalidData => failure.hint("settings are UTF-8 text; write the file again as such"),
            ErrorKind::NotFound => failure.hint("give an existing file to --config"),
            _ => failure.hint("give a file that can be read to --config"),
        }
    })?;
    let file: File = toml::from_str(&text).map_err(|e| {
        let line = e.span().map_or(0, |s| text.bytes().take(s.start).filter(|b| *b == b'\n').count() + 1);
        Failure::new(format!("{}: {shown}, line {line}", e.message().replace('\n', "; ")))
            .hint("the tables are data, roles, model and policy; each flag has its key there, as policy.tolerance")
    })?;
    let list = |n: Option<Names>| n.map(Names::list).unwrap_or_default();
    let word = |v: toml::Value| match v {
        toml::Value::String(s) => s,
        other => other.to_string(),
    };
    let score = file.roles.score.map(|s| match s {
        Scores::One(s) => s,
        Scores::ByClass(m) => {
            m.into_iter().map(|(class, column)| format!("{class}={}", word(column))).collect::<Vec<_>>().join(",")
        }
    });
    let mut w = watch.clone();
    w.id = w.id.or(file.roles.id);
    w.time = w.time.or(file.roles.time);
    w.prediction = w.prediction.or(file.roles.prediction);
    w.score = w.score.or(score);
    w.label = w.label.or(file.roles.label);
    if w.segment.is_empty() {
        w.segment = list(file.roles.segment);
    }
    if w.ignore.is_empty() {
        w.ignore = list(file.roles.ignore);
    }
    w.task = w.task.or(file.model.task);
    w.positive = w.positive.or(file.model.positive.map(word));
    w.threshold = w.threshold.or(file.model.threshold);
    w.metric = w.metric.or(file.policy.metric);
    w.tolerance = w.tolerance.or(file.policy.tolerance);
    w.false_alarms = w.false_alarms.or(file.policy.false_alarms);
    w.every = w.every.or(file.policy.every);
    w.window = w.window.or(file.policy.window.map(word));
    w.time_zone = w.time_zone.or(file.policy.time_zone);
    w.seed = w.seed.or(file.policy.seed);
    w.monitor = w.monitor.or(file.monitor);
    w.delimiter = w.delimiter.or(file.data.delimiter);
    let zone = w.time_zone.as_deref();
    let paths = Paths {
        history: list(file.data.history),
        reference: list(file.data.reference),
        current: list(file.data.current),
        baseline: file.data.baseline,
        reference_until: file.data.reference_until.map(|v| instant::reference_until(&word(v), zone)).transpose()?,
        labels: list(file.data.labels),
        as_of: file.data.as_of.map(|v| instant::as_of(&word(v), zone)).transpose()?,
    };
    Ok((w, paths))
}
