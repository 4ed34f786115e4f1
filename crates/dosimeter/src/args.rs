//! What can be typed. Every flag of `check` and `fit` has a key in `dosimeter.toml`; see `config`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// The program.
#[derive(Debug, Parser)]
#[command(
    name = "dosimeter",
    version,
    about = "Reads a deployed model's history and names its decay",
    long_about = "Reads a deployed model's history and names its decay: what decayed, since when, how bad, how sure, where, and \
                  what to do. Quiet otherwise.\n\nExit codes: 0 healthy, 1 decaying, 2 error or unreadable file, 3 blind (too little evidence to say).",
    after_help = "Start here:\n  dosimeter check history.parquet --reference-until 2024-03-01 --label churned\n  \
                  dosimeter check --reference train.parquet --current today.parquet -o report.html\n  dosimeter explain"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Compare current data with what healthy looks like, and name what decayed
    Check(Box<CheckArgs>),
    /// Learn what healthy looks like and save it, for `check --baseline`
    Fit(Box<FitArgs>),
    /// Replay a policy over a history: how often would it have alarmed, and when first
    Backtest(Box<BacktestArgs>),
    /// Break a healthy reference in every known way and say what would be caught, how soon, and what would not
    Drill(Box<DrillArgs>),
    /// Write a labelled stream with a known decay, or run the lesson that dosimeter grew from
    Simulate(SimulateArgs),
    /// Say what a mode of decay is, how it is told apart and what to do
    Explain(ExplainArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// A name of a list: `a, b` are two names without blanks.
fn trimmed(name: &str) -> Result<String, std::convert::Infallible> {
    Ok(name.trim().to_owned())
}

/// What the columns are for and how the model is watched.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct WatchArgs {
    /// Column that identifies a prediction
    #[arg(long, value_name = "COLUMN", help_heading = "Columns")]
    pub(crate) id: Option<String>,
    /// Column that says when a prediction was made
    #[arg(long, value_name = "COLUMN", help_heading = "Columns")]
    pub(crate) time: Option<String>,
    /// Column with the model's answer
    #[arg(long, value_name = "COLUMN", help_heading = "Columns")]
    pub(crate) prediction: Option<String>,
    /// Column with the model's score; CLASS=COLUMN,... for several classes
    #[arg(long, value_name = "COLUMN", help_heading = "Columns")]
    pub(crate) score: Option<String>,
    /// Column with what turned out to be true
    #[arg(long, value_name = "COLUMN", help_heading = "Columns")]
    pub(crate) label: Option<String>,
    /// Columns that name segments
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', value_parser = trimmed, help_heading = "Columns")]
    pub(crate) segment: Vec<String>,
    /// Columns to leave out
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', value_parser = trimmed, help_heading = "Columns")]
    pub(crate) ignore: Vec<String>,
    /// What the model does
    #[arg(long, value_parser = ["binary", "multiclass", "regression"], help_heading = "Model")]
    pub(crate) task: Option<String>,
    /// The class that the score speaks of [default: 1, true, yes, or the last by name]
    #[arg(long, value_name = "VALUE", help_heading = "Model")]
    pub(crate) positive: Option<String>,
    /// The score from which a model without a prediction column says yes [default: 0.5]
    #[arg(long, value_name = "SCORE", help_heading = "Model")]
    pub(crate) threshold: Option<f64>,
    /// The metric that decides: accuracy, auc, f1, log_loss, mae, rmse, ... [default: accuracy, or mae]
    #[arg(long, value_name = "METRIC", help_heading = "Policy")]
    pub(crate) metric: Option<String>,
    /// The loss of the metric that one can live with, in its own unit [default: a tenth of the error there is]
    #[arg(long, value_name = "LOSS", help_heading = "Policy")]
    pub(crate) tolerance: Option<f64>,
    /// Tolerated false alarms, as "1 per 90d"
    #[arg(long, value_name = "RATE", help_heading = "Policy")]
    pub(crate) false_alarms: Option<String>,
    /// How often this check is run, as 1d: the alarm budget is shared among all runs [default: data are looked at once]
    #[arg(long, value_name = "SPAN", help_heading = "Policy")]
    pub(crate) every: Option<String>,
    /// Length of a window: 1h, 1d, 1w, 1mo, or a number of rows [default: chosen from the data]
    #[arg(long, value_name = "WINDOW", help_heading = "Policy")]
    pub(crate) window: Option<String>,
    /// Time zone of calendar windows, as Europe/Lisbon [default: UTC]
    #[arg(long, value_name = "ZONE", help_heading = "Policy")]
    pub(crate) time_zone: Option<String>,
    /// Seed of every sample [default: 0]
    #[arg(long, value_name = "SEED", help_heading = "Policy")]
    pub(crate) seed: Option<u64>,
    /// Name of the monitor, for reports [default: from the data's file name]
    #[arg(long, value_name = "NAME", help_heading = "Policy")]
    pub(crate) monitor: Option<String>,
    /// Field separator of CSV files: a character, or tab [default: sniffed]
    #[arg(long, value_name = "CHARACTER", help_heading = "Columns")]
    pub(crate) delimiter: Option<String>,
    /// Settings file [default: dosimeter.toml in the working directory, where there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// No progress line
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// The two periods, however they are given.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct DataArgs {
    /// One history that holds both periods; needs --reference-until
    #[arg(value_name = "DATA")]
    pub(crate) data: Vec<String>,
    /// Data of a period in which the model was healthy
    #[arg(long, value_name = "FILES", num_args = 1.., conflicts_with_all = ["data", "baseline"])]
    pub(crate) reference: Vec<String>,
    /// The data to check
    #[arg(long, value_name = "FILES", num_args = 1..)]
    pub(crate) current: Vec<String>,
    /// A baseline saved by `fit`, instead of a reference
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Where the reference ends in DATA: a date or time, a row number, or a fraction as 0.5 or 30%
    #[arg(long, value_name = "WHERE", conflicts_with_all = ["reference", "baseline"])]
    pub(crate) reference_until: Option<String>,
    /// Labels that came apart, joined by --id
    #[arg(long, value_name = "FILES", num_args = 1..)]
    pub(crate) labels: Vec<String>,
}

/// `check`.
#[derive(Debug, Default, Args)]
#[command(
    after_help = "Files may be Parquet, CSV, TSV, JSON Lines or Arrow IPC, plain or .gz/.zst; globs, directories (hive \
                        key=value parts become columns) and - for standard input.\n\nExit codes: 0 healthy, 1 decaying, 2 error or unreadable file, 3 \
                        blind (too little evidence to say)."
)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) given: DataArgs,
    /// The time as of which the data should be fresh; data that end long before are named
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<String>,
    #[command(flatten)]
    pub(crate) watch: WatchArgs,
    /// What to print: terminal, json, html, junit, github, prometheus, markdown
    #[arg(short, long, value_name = "FORMAT", default_value = "terminal")]
    pub(crate) format: String,
    /// Also write a report; its extension chooses the format: .html .json .xml .prom .md .txt (repeatable)
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// More: all findings with evidence; twice: everything
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Colours
    #[arg(long, value_parser = ["auto", "always", "never"], default_value = "auto")]
    pub(crate) color: String,
    /// Exit with 0 whatever the verdict; errors still exit with 2
    #[arg(long)]
    pub(crate) exit_zero: bool,
}

/// `fit`.
#[derive(Debug, Default, Args)]
pub(crate) struct FitArgs {
    /// Data of a period in which the model was healthy
    #[arg(value_name = "REFERENCE", required = true)]
    pub(crate) reference: Vec<String>,
    /// Where to save the baseline
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Labels that came apart, joined by --id
    #[arg(long, value_name = "FILES", num_args = 1..)]
    pub(crate) labels: Vec<String>,
    #[command(flatten)]
    pub(crate) watch: WatchArgs,
}

/// `backtest`.
#[derive(Debug, Default, Args)]
#[command(
    after_help = "Exit codes: 0 replayed, 1 with --healthy where there were surely more alarms than the policy tolerates, 2 error or \
                        unreadable file."
)]
pub(crate) struct BacktestArgs {
    #[command(flatten)]
    pub(crate) given: DataArgs,
    /// Each look sees only so much, as 4w or a number of windows [default: everything since the reference]
    #[arg(long, value_name = "SPAN", help_heading = "Replay")]
    pub(crate) trailing: Option<String>,
    /// Labels are known only after so long, as 30d or a number of windows; both ways are replayed
    #[arg(long, value_name = "SPAN", help_heading = "Replay")]
    pub(crate) label_delay: Option<String>,
    /// Looks without a finding after which it is over; what comes back sooner does not ring again
    #[arg(long, value_name = "LOOKS", default_value_t = 3, help_heading = "Replay")]
    pub(crate) hysteresis: usize,
    /// The history is believed healthy, so that every alarm is a false one
    #[arg(long, help_heading = "Replay")]
    pub(crate) healthy: bool,
    /// Other tolerances to replay beside, as 0.01,0.02,0.05
    #[arg(long, value_name = "LOSSES", value_delimiter = ',', help_heading = "Replay")]
    pub(crate) try_tolerances: Vec<f64>,
    /// Other rates of false alarms to replay beside, as "1 per 30d,1 per 365d"
    #[arg(long, value_name = "RATES", value_delimiter = ',', value_parser = trimmed, help_heading = "Replay")]
    pub(crate) try_false_alarms: Vec<String>,
    #[command(flatten)]
    pub(crate) watch: WatchArgs,
    /// What to print: terminal, json, markdown
    #[arg(short, long, value_name = "FORMAT", default_value = "terminal")]
    pub(crate) format: String,
    /// Also write a report; its extension chooses the format: .json .md .txt (repeatable)
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// More: every alarm and notice with all its findings
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Colours
    #[arg(long, value_parser = ["auto", "always", "never"], default_value = "auto")]
    pub(crate) color: String,
}

/// `drill`.
#[derive(Debug, Default, Args)]
#[command(
    after_help = "Exit codes: 0 nothing alarmed where nothing was broken, 1 something did, 2 error or unreadable file."
)]
pub(crate) struct DrillArgs {
    /// Data of a period in which the model was healthy
    #[arg(value_name = "REFERENCE")]
    pub(crate) reference: Vec<String>,
    /// Where the reference ends in a history: a date or time, a row number, or a fraction; what lies after is not read
    #[arg(long, value_name = "WHERE")]
    pub(crate) reference_until: Option<String>,
    /// Where in the current part faults begin: a fraction, a row of it, or a time [default: its middle]
    #[arg(long, value_name = "WHERE")]
    pub(crate) at: Option<String>,
    /// Columns to break [default: those that the model's answer hangs on most]
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', value_parser = trimmed)]
    pub(crate) columns: Vec<String>,
    /// Fewer columns, repeats and runs without a fault
    #[arg(long)]
    pub(crate) quick: bool,
    /// Rows held in memory; of more a sample is drilled on
    #[arg(long, value_name = "ROWS", default_value_t = 200_000)]
    pub(crate) rows: u64,
    #[command(flatten)]
    pub(crate) watch: WatchArgs,
    /// What to print: terminal, json, markdown
    #[arg(short, long, value_name = "FORMAT", default_value = "terminal")]
    pub(crate) format: String,
    /// Also write a report; its extension chooses the format: .json .md .txt (repeatable)
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// Colours
    #[arg(long, value_parser = ["auto", "always", "never"], default_value = "auto")]
    pub(crate) color: String,
}

/// `simulate`.
#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// The scenario; without one, a list. `lesson` without -o runs the lesson
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenario: Option<String>,
    /// Where to write the events, as events.parquet; the truth goes beside it as events.truth.json
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Rows to write
    #[arg(long, value_name = "ROWS", default_value_t = dosimeter_core::simulate::DEFAULT_ROWS)]
    pub(crate) rows: usize,
    /// Seed: the same seed gives the same bytes
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub(crate) seed: u64,
}

/// `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The mode, as concept_drift; without one, why models decay at all
    #[arg(value_name = "MODE")]
    pub(crate) mode: Option<String>,
}
