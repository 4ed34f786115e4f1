//! `explain` without a mode: why models decay, the modes, how the three that are confused most differ, and what is
//! different for a feature built on an LLM.

use super::explain::lower_first;
use super::{Block, MODES, Mode};

pub(super) fn blocks() -> Vec<Block> {
    let mut blocks = vec![
        Block::heading("Why models get worse though nobody changes them"),
        Block::paragraph(WHY),
        Block::paragraph(DRIFT_IS_NOT_DECAY),
        Block::heading("The ways in which they do"),
        Block::bullets(MODES.iter().map(|entry| {
            let by = match entry.detected_by {
                Some(command) => format!("Detected by `{command}`."),
                None => "Not detected yet.".to_owned(),
            };
            format!("{}: {} {by}", entry.id, entry.what)
        })),
        Block::paragraph("`explain MODE` says more about each of them."),
        Block::heading("Data drift, concept drift and schema change"),
        Block::paragraph(THREE),
        Block::bullets(THREE_EACH),
        Block::Lines(THREE_TABLE.iter().map(|line| (*line).to_owned()).collect()),
        Block::paragraph(THREE_TELL),
        Block::heading("What rots in an LLM feature that does not in a classic model"),
        Block::paragraph(LLM),
    ];
    blocks.push(Block::bullets(llm_modes().map(|mode| {
        let entry = mode.entry();
        format!("{} ({}): {} It shows in this: {}", entry.title, entry.id, entry.what, lower_first(entry.evidence))
    })));
    if llm_modes().all(|mode| mode.entry().detected_by.is_none()) {
        blocks.push(Block::paragraph(LLM_BY_HAND));
    }
    blocks.push(Block::paragraph(LLM_REST));
    blocks
}

/// The modes that only features built on an LLM have.
fn llm_modes() -> impl Iterator<Item = Mode> {
    [Mode::ModelRetired, Mode::ModelSwapped, Mode::PromptRegression, Mode::CorpusStale].into_iter()
}

const WHY: &str = "A trained model is a summary of the world on the days its training data were collected: its weights \
    hold how inputs and outcomes went together then. Deployment freezes the summary, and the world goes on. People \
    behave differently, so that other inputs arrive; the same inputs come to mean something else; a source upstream \
    changes a unit, a name or a code; a kind of case that was rare becomes common. The model answers all of it with \
    the old weights, and a wrong answer has the same form as a right one: nothing throws, latency is fine, every \
    infrastructure check is green. What would show the error, the true outcome, comes weeks later or never. So \
    accuracy can fall for months without an alert, and it falls because the model was left as it was while the world \
    was not.";

const DRIFT_IS_NOT_DECAY: &str = "Drift is not decay. Inputs may move far while accuracy stays at 1.000, and accuracy \
    may collapse while no input moves. An alarm on every column that moved is wrong in both cases. What counts is \
    the metric, how much of its change each cause explains, and what cannot be known from the data at hand.";

const THREE: &str = "Write the world as P(X), which inputs arrive, and P(Y|X), what an input means, and between the \
    world and the model a pipe that carries X. Each of the three can change while the other two stand still.";

const THREE_EACH: [&str; 3] = [
    "Data drift: P(X) moved. The model's knowledge is still true, and is asked about other cases. It degrades only \
     if they are harder, or lie where it has learned nothing: a model of city traffic is asked about country roads. \
     Inputs show it, without labels. The repair is data from the new region; old labels keep their value.",
    "Concept drift: P(Y|X) moved. The cases may look as ever, and the right answer is another one: the price that used \
     to sell a flat no longer does. The model's knowledge is out of date, however sure it is. Only labels \
     show it; no check of inputs, and no estimate from scores, can. The repair is new labels and to forget old ones.",
    "Schema change: the pipe changed. The world is as before, X and Y both, and the model is given another number \
     for the same thing: days where it expects hours, null where a column was renamed. It degrades at once and in \
     every row concerned. Inputs show it, by an abrupt change with a rule that undoes it. The repair is in the pipe; \
     retraining is the wrong one.",
];

const THREE_TABLE: [&str; 8] = [
    "                       data drift          concept drift       schema change",
    "what moved             P(X)                P(Y|X)              the form of X",
    "inputs look different  yes                 need not            yes",
    "same input, same truth yes                 no                  yes, once undone",
    "accuracy               may fall, may not   mostly falls        mostly falls",
    "usual onset            gradual             sudden or gradual   between two rows",
    "seen without labels    yes                 no                  yes",
    "repair                 data from there     new labels          the pipe",
];

const THREE_TELL: &str = "In this order: is there a simple rule that maps the new column to the old one? Then it is \
    schema change. Otherwise, with labels, compare rows that look alike in both periods: if they are answered as well \
    as before, the loss comes from where the inputs went; if not, the concept moved. Where the inputs went to a \
    region that the reference does not contain, nothing looks alike, and the two cannot be told apart.";

const LLM: &str = "Everything above happens to an LLM feature too: users ask about other things, a template changes, \
    the right answer changes. Four things are its own, since the weights belong to somebody else and half of the \
    program is text.";

const LLM_BY_HAND: &str = "This version detects none of the four. `explain MODE` says for each how to do it by hand.";

const LLM_REST: &str = "Since there is seldom one right answer, the metric has to be made: fixed prompts with answers \
    that can be scored by rule, each sampled several times, since one sample of a random answer shows nothing; a \
    pairwise comparison for the rest; and from production, what needs no judge: the share of answers that parse, \
    refusals, length, cost, latency, retries and what users correct. Log the model id that answered, the version of \
    the prompt and the ids of the retrieved documents with every request. Without these three, a fall can be seen \
    and not explained.";
