//! The lines that are judged: what was seen, what must be reached, what is aimed at.

/// A figure, or why there is none.
pub(super) enum Figure {
    /// What was seen; less is better.
    Seen(f64),
    /// Why nothing was seen.
    None(String),
}

/// One promise, and how it stands.
pub(super) struct Row {
    what: String,
    figure: Figure,
    unit: &'static str,
    limits: (f64, f64),
    note: String,
}

impl Row {
    /// A promise with its limit and its aim.
    pub(super) fn new(
        what: impl Into<String>,
        figure: Figure,
        unit: &'static str,
        limits: (f64, f64),
        note: impl Into<String>,
    ) -> Self {
        Self { what: what.into(), figure, unit, limits, note: note.into() }
    }

    fn print(&self) {
        let (must, aim) = self.limits;
        let seen = match &self.figure {
            Figure::Seen(seen) => format!("{seen:.2}"),
            Figure::None(_) => "-".to_owned(),
        };
        let verdict = match &self.figure {
            Figure::Seen(seen) if *seen <= aim => "met, and the aim",
            Figure::Seen(seen) if *seen <= must => "met",
            Figure::Seen(_) => "MISSED",
            Figure::None(why) => why,
        };
        println!("{:<66} {seen:>9} {must:>7.2} {aim:>7.2} {:<5} {verdict}", self.what, self.unit);
        if !self.note.is_empty() {
            println!("    {}", self.note);
        }
    }
}

/// Prints all rows, and how many of them hold.
pub(super) fn print(rows: &[Row]) {
    println!("\n{:<66} {:>9} {:>7} {:>7}", "", "seen", "must", "aim");
    rows.iter().for_each(Row::print);
    let count = |holds: fn(&Row, f64) -> bool| {
        rows.iter().filter(|row| matches!(row.figure, Figure::Seen(seen) if holds(row, seen))).count()
    };
    println!(
        "{} rows: {} met, {} of them with their aim; {} missed; {} not measured",
        rows.len(),
        count(|row, seen| seen <= row.limits.0),
        count(|row, seen| seen <= row.limits.1),
        count(|row, seen| seen > row.limits.0),
        rows.iter().filter(|row| matches!(row.figure, Figure::None(_))).count(),
    );
}
