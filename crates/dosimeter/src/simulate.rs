//! `dosimeter simulate`: worlds whose decay is known.

use std::path::Path;

use dosimeter_core::simulate::{SCENARIOS, SimValues, Stream, generate, lesson};
use dosimeter_scan::{WriteColumn, write_parquet};

use crate::args::SimulateArgs;
use crate::error::{Failure, Outcome};
use crate::{explain, output};

pub(crate) fn run(args: &SimulateArgs) -> Outcome {
    let Some(id) = args.scenario.as_deref() else {
        output::print(&list())?;
        return Ok(0);
    };
    let Some(path) = args.output.as_deref() else {
        if id == "lesson" {
            output::print(&explain::layout(&lesson().blocks(), output::width().min(100)))?;
            return Ok(0);
        }
        return Err(
            Failure::new(format!("where to write {id}: -o")).hint(format!("dosimeter simulate {id} -o events.parquet"))
        );
    };
    let stream = generate(id, args.seed, args.rows).ok_or_else(|| {
        let known = SCENARIOS.iter().map(|s| s.id).collect::<Vec<_>>().join(", ");
        Failure::new(format!("unknown scenario {id:?}")).hint(format!("one of {known}"))
    })?;
    write(&stream, path)?;
    let truth = truth_path(path);
    let text = serde_json::to_string_pretty(&stream.truth).map_err(|e| Failure::new(e.to_string()))?;
    output::write(&truth, format!("{text}\n").as_bytes())?;
    let t = &stream.truth;
    output::print(&format!(
        "{}: {} rows, {}; the truth is in {}\ncheck it with\n  dosimeter check {} --reference-until {}",
        path.display(),
        t.rows,
        id,
        truth.display(),
        path.display(),
        t.reference_until.at
    ))?;
    Ok(0)
}

fn list() -> String {
    let mut text = String::from("Scenarios, each with the mode that it shows:\n\n");
    for s in SCENARIOS.iter() {
        text.push_str(&format!("  {:<18} {:<17} {}\n", s.id, s.mode.map_or("nothing", |m| m.id()), s.summary));
    }
    text.push_str("\nWrite one with `dosimeter simulate SCENARIO -o events.parquet`; `dosimeter simulate lesson` runs the lesson.\n");
    text
}

/// `events.parquet` has its truth in `events.truth.json`.
fn truth_path(path: &Path) -> std::path::PathBuf {
    path.with_extension("truth.json")
}

fn write(stream: &Stream, path: &Path) -> Result<(), Failure> {
    let columns: Vec<(&str, WriteColumn)> = stream
        .columns
        .iter()
        .map(|c| {
            let values = match &c.values {
                SimValues::Float(v) => WriteColumn::Number(v.clone()),
                SimValues::Integer(v) => WriteColumn::Integer(v.clone()),
                SimValues::Boolean(v) => WriteColumn::Boolean(v.clone()),
                SimValues::Text(v) => WriteColumn::Text(v.clone()),
                SimValues::Time(v) => WriteColumn::Time(v.iter().map(|t| Some(*t)).collect()),
            };
            (c.name, values)
        })
        .collect();
    Ok(write_parquet(path, &columns)?)
}
