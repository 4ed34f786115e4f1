//! A diagnosis, written for its reader.
//!
//! One [`Diagnosis`] comes in, text goes out: for a person at a terminal, for a browser, for a continuous-integration
//! system, for a metrics collector, for a pull request. Every output is one file here and one line in the table of
//! formats below, and each is a pure function: no clock, no environment, no file but the zones of time, the same bytes for the
//! same input.
//!
//! Two rules hold for all of them. *The data are hostile*: names of columns, categories, files and monitors reach an
//! output only through [`escape`]. And *nothing is said that is not known*: an absent number is left out or named as
//! absent, never drawn as zero; a blind run is never shown green.

pub mod backtest;
pub mod chart;
pub mod date;
pub mod drill;
pub mod escape;
pub mod number;

mod change;
mod github;
mod html;
mod json;
mod junit;
mod markdown;
mod prometheus;
mod terminal;
mod words;

use dosimeter_core::diagnosis::Diagnosis;

/// How text for people is laid out; the machine formats ignore it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal; clamped to 40..=200.
    pub width: usize,
    /// Whether to colour. The caller knows about `NO_COLOR`, pipes and `TERM=dumb`; this crate does not.
    pub color: bool,
    /// 0: the first screen; 1: all findings with evidence, windows and columns; 2 and more: everything.
    pub verbose: u8,
}

impl Default for Style {
    fn default() -> Self {
        Style { width: 80, color: false, verbose: 0 }
    }
}

/// A name that is no format. Its text lists those that are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFormat(String);

impl std::fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known: Vec<&str> = Format::ALL.iter().map(|format| format.id()).collect();
        let asked = escape::clip(&self.0, 40);
        write!(f, "unknown format: {asked} (one of {})", known.join(", "))
    }
}

impl std::error::Error for UnknownFormat {}

macro_rules! formats {
    ($($(#[$doc:meta])* $name:ident: $id:literal, $title:literal, $media:literal, $extension:literal, $render:path;)+) => {
        /// The outputs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Format { $($(#[$doc])* $name),+ }

        impl Format {
            /// All of them, in the order in which help lists them.
            pub const ALL: &[Format] = &[$(Format::$name),+];

            /// The name on the command line.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Format::$name => $id),+ }
            }

            /// What it is, in a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Format::$name => $title),+ }
            }

            /// Its media type.
            #[must_use]
            pub fn media_type(self) -> &'static str {
                match self { $(Format::$name => $media),+ }
            }

            /// Its usual file extension, without the dot.
            #[must_use]
            pub fn extension(self) -> &'static str {
                match self { $(Format::$name => $extension),+ }
            }

            fn renderer(self) -> fn(&Diagnosis, &Style) -> String {
                match self { $(Format::$name => $render),+ }
            }
        }
    };
}

formats! {
    /// Text for a person at a terminal.
    Terminal: "terminal", "text for a terminal", "text/plain; charset=utf-8", "txt", terminal::render;
    /// `dosimeter.diagnosis/1`, the machine-readable result.
    Json: "json", "the whole result, for programs", "application/json", "json", json::render;
    /// One self-contained page, offline.
    Html: "html", "one self-contained page", "text/html; charset=utf-8", "html", html::render;
    /// A test report for a continuous-integration system.
    Junit: "junit", "a test report for CI", "application/xml", "xml", junit::render;
    /// Workflow commands that GitHub shows as annotations.
    Github: "github", "annotations for GitHub Actions", "text/plain; charset=utf-8", "txt", github::render;
    /// Text exposition format, for the node exporter's textfile collector.
    Prometheus: "prometheus", "metrics for Prometheus", "text/plain; version=0.0.4; charset=utf-8", "prom", prometheus::render;
    /// GitHub-flavoured Markdown, for a comment or a wiki.
    Markdown: "markdown", "a comment for a pull request", "text/markdown; charset=utf-8", "md", markdown::render;
}

impl Format {
    /// The format of that name (see [`Format::id`]), in any case.
    ///
    /// # Errors
    /// Names the formats that there are.
    pub fn parse(name: &str) -> Result<Format, UnknownFormat> {
        Format::ALL
            .iter()
            .copied()
            .find(|format| format.id().eq_ignore_ascii_case(name.trim()))
            .ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

impl std::str::FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Format::parse(name)
    }
}

/// Writes the diagnosis in that format. The text ends with a newline.
#[must_use]
pub fn render(format: Format, diagnosis: &Diagnosis, style: &Style) -> String {
    format.renderer()(diagnosis, style)
}
