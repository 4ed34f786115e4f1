//! Writes every example diagnosis in every format: `cargo run --example gallery -- DIRECTORY`.

#[path = "../tests/fixtures/mod.rs"]
mod fixtures;

use dosimeter_report::{Format, Style, render};

fn main() -> std::io::Result<()> {
    let directory = std::env::args().nth(1).unwrap_or_else(|| "gallery".to_owned());
    std::fs::create_dir_all(&directory)?;
    for (name, diagnosis) in fixtures::all() {
        for &format in Format::ALL {
            for (suffix, style) in styles(format) {
                let path = format!("{directory}/{name}.{}{suffix}.{}", format.id(), format.extension());
                std::fs::write(path, render(format, &diagnosis, &style))?;
            }
        }
    }
    println!("{directory}");
    Ok(())
}

/// A terminal has many sizes and depths, every other output has one.
fn styles(format: Format) -> Vec<(String, Style)> {
    if format != Format::Terminal {
        return vec![(String::new(), Style::default())];
    }
    let mut styles = Vec::new();
    for width in [60, 80, 120] {
        for verbose in 0..3 {
            styles.push((format!("-{width}-v{verbose}"), Style { width, color: true, verbose }));
        }
    }
    styles
}
