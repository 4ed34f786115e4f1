//! `dosimeter fit`.

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

fn summary(b: &Baseline, path: &str, bytes: usize, warnings: &[String]) -> String {
    let mut text = format!(
        "{path}: {} columns, {} rows in {} windows of {}, {} KB\n",
        b.columns.len(),
        digits(b.reference.rows() as f64),
        b.reference.windows.len(),
        b.window,
        digits((bytes as f64 / 1000.0).ceil()),
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
