//! To come.

use dosimeter_core::diagnosis::Diagnosis;

use crate::Style;

pub(crate) fn render(_d: &Diagnosis, _style: &Style) -> String {
    String::new()
}
