//! The lesson as text: the demo's own table to the digit, what it shows, the other worlds, and what an alarm is worth.

use super::lesson::{AlarmVerdict, Lesson, World, critical_distance};
use crate::catalogue::{Block, plain};

impl Lesson {
    /// The demo's table exactly as the demo prints it.
    #[must_use]
    pub fn demo_lines(&self) -> Vec<String> {
        self.worlds.first().map(table).unwrap_or_default()
    }

    /// The whole lesson, to be wrapped by whoever prints it.
    #[must_use]
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = vec![
            Block::heading("The demo, as written"),
            Block::Lines(self.demo_lines()),
            Block::heading("What it really shows"),
            Block::paragraph(REALLY),
        ];
        blocks.push(Block::heading("Worlds in which accuracy does fall"));
        blocks
            .push(Block::paragraph("The same model, the same 5,000 rows a week; in each world one thing is changed."));
        for world in self.worlds.iter().skip(1) {
            blocks.push(Block::paragraph(format!("{}: {}", capital(world.name), world.what)));
            blocks.push(Block::Lines(table(world)));
        }
        blocks.push(Block::heading("What an input-drift alarm would have done"));
        blocks.push(Block::paragraph(format!(
            "The alarm compares each input column of a week with the training sample (Kolmogorov-Smirnov) and rings \
             beyond {:.3}, which chance exceeds once in a thousand tests. The change is that of accuracy.",
            critical_distance()
        )));
        blocks.push(Block::Lines(self.alarm_lines()));
        blocks.push(Block::paragraph(self.conclusion()));
        blocks
    }

    /// The lesson as unwrapped plain text.
    #[must_use]
    pub fn text(&self) -> String {
        plain(&self.blocks())
    }

    /// One line a world: the change of accuracy, whether the alarm rang, and what that is worth.
    fn alarm_lines(&self) -> Vec<String> {
        let head = format!("{:<16}{:>10}{:>11}  {:<15}", "world", "change", "distance", "input alarm");
        let lines = self.worlds.iter().map(|world| {
            let distance = world.weeks.iter().map(|week| week.distance).fold(0.0, f64::max);
            let change = world.change();
            // A change that rounds to nothing carries no sign.
            let change = if change.abs() < 0.0005 { "0.000".to_owned() } else { format!("{change:+.3}") };
            format!("{:<16}{change:>10}{distance:>11.3}  {}", world.name, world.verdict().as_str())
        });
        std::iter::once(head.trim_end().to_owned()).chain(lines).collect()
    }

    fn conclusion(&self) -> String {
        let names = |verdict: AlarmVerdict| {
            let names: Vec<&str> = self.worlds.iter().filter(|w| w.verdict() == verdict).map(|w| w.name).collect();
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        };
        format!(
            "Rang without need: {}. Missed: {}. Caught, without naming the cause: {}. It rings alike where nothing is \
             lost, where a unit has to be converted and where a model has to be retrained, and it is silent where the \
             meaning of the data moved. Hence three questions instead of one alarm: did the metric fall, did the \
             inputs move, and how much of the fall does the move explain? The first can be estimated \
             without labels for as long as the concept stands still; whether it does, only labels can say.",
            names(AlarmVerdict::FalseAlarm),
            names(AlarmVerdict::Missed),
            names(AlarmVerdict::Caught),
        )
    }
}

/// The lines of a world's table, in the demo's form.
fn table(world: &World) -> Vec<String> {
    let width = world.weeks.iter().map(|week| week.changed.len()).max().unwrap_or(0);
    let line = |week: &super::lesson::Week| {
        let changed = if width == 0 { String::new() } else { format!(" {:<width$}", week.changed) };
        format!("week {:>2}: input mean={:.2}{changed} accuracy={:.3}", week.week, week.mean, week.accuracy)
    };
    world.weeks.iter().map(line).collect()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

const REALLY: &str = "Drift without decay. The demo is introduced as concept drift and announces that accuracy near \
    the boundary degrades as the population shifts. It does not, and cannot: the model and the truth are the same \
    function, x > 0.5, so the model is right wherever the inputs go. What moved is P(X), which is data drift; P(Y|X), \
    the concept, stood still. The base rate of positives moved along, from one half to nearly all, and even that \
    costs nothing here.";

#[cfg(test)]
mod tests {
    use super::super::lesson::{lesson, lesson_of};
    use super::*;

    #[test]
    fn demo_prints_the_lesson_to_the_digit() {
        let expected = [
            "week  0: input mean=0.50 accuracy=1.000",
            "week  3: input mean=0.62 accuracy=1.000",
            "week  6: input mean=0.74 accuracy=1.000",
            "week  9: input mean=0.86 accuracy=1.000",
        ];
        for seed in [0, 1, u64::MAX] {
            assert_eq!(lesson_of(seed).demo_lines(), expected);
        }
    }

    #[test]
    fn the_other_worlds_fall_as_computed() {
        // With F the standard normal distribution function; python: statistics.NormalDist().cdf.
        // data drift: 1 - (1 - F((0.85 - mean) / 0.15)); concept: 1 - (F((b - 0.5) / 0.15) - 0.5);
        // schema: 1/2; category: 1 - share * (F(0.2 / 0.15) - 0.5).
        let expected = [
            ("data drift", [0.990_185, 0.937_403, 0.768_322, 0.473_424]),
            ("concept drift", [1.0, 0.711_855, 0.554_799, 0.508_198]),
            ("schema change", [1.0, 1.0, 0.5, 0.5]),
            ("category shift", [0.991_824, 0.905_979, 0.820_133, 0.734_288]),
        ];
        let lesson = lesson();
        for (world, (name, accuracies)) in lesson.worlds.iter().skip(1).zip(expected) {
            assert_eq!(world.name, name);
            for (week, expected) in world.weeks.iter().zip(accuracies) {
                let error = (0.25_f64 / 5000.0).sqrt();
                assert!((week.accuracy - expected).abs() < 4.0 * error, "{name} week {}", week.week);
            }
        }
    }

    #[test]
    fn the_alarm_is_wrong_both_ways() {
        use AlarmVerdict::{Caught, FalseAlarm, Missed};
        let verdicts: Vec<_> = lesson().worlds.iter().map(World::verdict).collect();
        assert_eq!(verdicts, [FalseAlarm, Caught, Missed, Caught, Caught]);
        let text = lesson().text();
        assert!(text.contains("world               change   distance  input alarm"), "{text}");
        assert!(text.contains("Rang without need: the demo. Missed: concept drift."), "{text}");
    }

    #[test]
    fn the_alarm_is_silent_in_week_0() {
        assert!(lesson().worlds.iter().all(|world| !world.weeks[0].alarm));
        // scipy.stats.kstwobign.isf(0.001) = 1.949475, times sqrt(2 / 5000).
        assert!((critical_distance() - 1.949_475 * (2.0_f64 / 5000.0).sqrt()).abs() < 1e-6);
    }
}
