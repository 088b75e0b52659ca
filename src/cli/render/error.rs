//! Errors: with source snippets for people, as one object for machines.

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan};
use serde_json::{Value, json};

use crate::cli::args::Format;
use crate::cli::ui::Ui;

/// The longest report with snippets, in bytes.
const LIMIT: usize = 32 * 1024;
/// The width at which reports are wrapped.
const WIDTH: usize = 100;

/// Prints `error`: always to stderr, and as an object to stdout where JSON was asked for.
pub(in crate::cli) fn error(ui: &Ui, error: &dyn Diagnostic) {
    if ui.format() == Format::Json {
        // The answer is lost if stdout is gone; the report on stderr still says what happened.
        let _ = ui.json(&json!({ "schema": "iao/error/v1", "error": object(error) }));
    }
    trouble(ui, error);
}

/// Prints `error` to stderr alone: there is an answer, and it is not the whole one.
pub(in crate::cli) fn trouble(ui: &Ui, error: &dyn Diagnostic) {
    let theme = if ui.color() { GraphicalTheme::unicode() } else { GraphicalTheme::none() };
    // Long lines are the terminal's to break: a path that is cut in two cannot be copied.
    let handler =
        GraphicalReportHandler::new_themed(theme).with_width(WIDTH).with_wrap_lines(false).with_links(false);
    let mut text = String::new();
    match handler.render_report(&mut text, error) {
        Ok(()) if text.len() <= LIMIT => Ui::error(text.trim_end()),
        _ => Ui::error(&short(error)),
    }
}

/// Writes a report without snippets: for sources with lines that no screen holds.
fn short(error: &dyn Diagnostic) -> String {
    let mut text = format!("error: {error}");
    if let Some((name, line, column)) = place(error) {
        text.push_str(&format!("\n  --> {}:{line}:{column}", name.unwrap_or_default()));
    }
    if let Some(help) = error.help() {
        text.push_str(&format!("\n  help: {help}"));
    }
    for related in error.related().into_iter().flatten() {
        text.push('\n');
        text.push_str(&short(related));
    }
    text
}

/// Returns the error as a value: code, message, help, causes, place, and what else was found.
fn object(error: &dyn Diagnostic) -> Value {
    let mut causes = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    let related: Vec<Value> = error.related().into_iter().flatten().map(object).collect();
    let mut value = json!({
        "code": error.code().map(|code| code.to_string()),
        "message": error.to_string(),
        "help": error.help().map(|help| help.to_string()),
        "causes": causes,
        "related": related,
    });
    if let Some((name, line, column)) = place(error) {
        value["place"] = json!({ "document": name, "line": line, "column": column });
    }
    value
}

/// Returns the document, line and column (both from 1) of the first label.
fn place(error: &dyn Diagnostic) -> Option<(Option<String>, usize, usize)> {
    let code = error.source_code()?;
    let label: LabeledSpan = error.labels()?.next()?;
    let contents = code.read_span(label.inner(), 0, 0).ok()?;
    Some((contents.name().map(ToOwned::to_owned), contents.line() + 1, contents.column() + 1))
}
