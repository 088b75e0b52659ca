//! The only place that prints: the answer to stdout, talk to stderr.

use std::io::{self, IsTerminal as _, Write as _};

use git_iao::base::Progress;
use git_iao::base::process::Environment;
use serde::Serialize;

use super::args::{Color, Format, Global};
use super::progress::Shown;

/// Where a command speaks.
#[derive(Debug, Clone)]
pub(super) struct Ui {
    format: Format,
    quiet: bool,
    verbose: bool,
    color: bool,
    /// Whether stderr is a terminal whose lines can be written over.
    moves: bool,
}

/// How a piece of text looks; on a terminal without colour it is the text alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Bold,
    Good,
    Bad,
    Warn,
    Dim,
}

impl Ui {
    /// Reads the wishes of the command line and of the environment.
    pub(super) fn new(global: &Global, environment: &Environment) -> Self {
        let color = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                environment.text("NO_COLOR").is_none_or(str::is_empty)
                    && environment.text("TERM") != Some("dumb")
                    && (io::stdout().is_terminal() || environment.text("GIT_PAGER_IN_USE") == Some("true"))
            }
        };
        let moves = environment.text("TERM") != Some("dumb") && io::stderr().is_terminal();
        Self { format: global.format(), quiet: global.quiet, verbose: global.verbose, color, moves }
    }

    /// Returns how the answer shall be printed.
    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// Says whether nothing but the answer and errors shall be printed.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Says whether somebody sits there who can be asked: a passphrase is asked for on the terminal itself.
    pub(super) fn is_interactive(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Says whether colour is used.
    pub(super) fn color(&self) -> bool {
        self.color
    }

    /// Returns `text` in a style.
    pub(super) fn style(&self, style: Style, text: &str) -> String {
        if !self.color {
            return text.to_owned();
        }
        let code = match style {
            Style::Bold => "1",
            Style::Good => "32",
            Style::Bad => "31",
            Style::Warn => "33",
            Style::Dim => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// Prints a piece of the answer as it is.
    pub(super) fn out(&self, text: &str) -> io::Result<()> {
        io::stdout().write_all(text.as_bytes())
    }

    /// Prints the answer as these bytes.
    pub(super) fn out_bytes(&self, bytes: &[u8]) -> io::Result<()> {
        io::stdout().write_all(bytes)
    }

    /// Prints the answer as one JSON object.
    pub(super) fn json<T: Serialize>(&self, answer: &T) -> io::Result<()> {
        let mut out = io::stdout().lock();
        serde_json::to_writer_pretty(&mut out, answer)?;
        out.write_all(b"\n")
    }

    /// Says something that is worth knowing.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet {
            Self::talk(text);
        }
    }

    /// Says something that only a curious reader wants.
    pub(super) fn detail(&self, text: &str) {
        if self.verbose {
            Self::talk(text);
        }
    }

    /// Says something that may be wrong.
    pub(super) fn warn(&self, text: &str) {
        if !self.quiet {
            Self::talk(&format!("warning: {text}"));
        }
    }

    /// Names the next act.
    pub(super) fn hint(&self, text: &str) {
        if !self.quiet {
            Self::talk(&format!("hint: {text}"));
        }
    }

    /// Prints an error report.
    pub(super) fn error(text: &str) {
        Self::talk(text);
    }

    /// Shows how far long work is, until the answer is dropped; only to a person who looks on, and wants talk.
    pub(super) fn show_progress(&self, progress: &Progress) -> Option<Shown> {
        let print = |line: &str| {
            // Back to the start of the line, and away with what stood there.
            let _ = write!(io::stderr(), "\r\u{1b}[K{line}");
        };
        (!self.quiet && self.moves).then(|| Shown::follow(progress, print))
    }

    fn talk(text: &str) {
        // A reader of stderr that went away is no reason to fail.
        let _ = writeln!(io::stderr(), "{text}");
    }
}

/// Makes a text from a repository safe for a terminal: one line, no control characters, nothing invisible.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\t' | '\n' => ' ',
            '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}' | '\u{feff}' => {
                '\u{fffd}'
            }
            character if character.is_control() => '\u{fffd}',
            character => character,
        })
        .collect()
}
