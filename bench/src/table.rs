//! The table, in Markdown.

use std::{fmt, time::Duration};

/// Rows of what was measured, the figure, the first aim and what others reach.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<[String; 4]>,
}

impl Table {
    /// Adds a row.
    pub(crate) fn add(&mut self, what: impl Into<String>, figure: impl Into<String>, aim: &str, other: &str) {
        let row = [what.into(), figure.into(), aim.into(), other.into()];
        eprintln!("  {}: {}", row[0], row[1]);
        self.rows.push(row);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "| what | measured | first aim | best other seen |")?;
        writeln!(formatter, "|---|---|---|---|")?;
        self.rows
            .iter()
            .try_for_each(|[what, figure, aim, other]| writeln!(formatter, "| {what} | {figure} | {aim} | {other} |"))
    }
}

/// Figures of several runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures(Vec<f64>);

impl Figures {
    /// Adds the figure of a run.
    pub(crate) fn push(&mut self, figure: f64) {
        self.0.push(figure);
        self.0.sort_by(f64::total_cmp);
    }

    /// Adds a time, in milliseconds.
    pub(crate) fn push_time(&mut self, time: Duration) {
        self.push(time.as_secs_f64() * 1e3);
    }

    /// The figure that a share of the others do not exceed; 0.5 gives the median. Between two figures, in proportion.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let place = self.0.len().saturating_sub(1) as f64 * share;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index between 0 and the last")]
        let figure = |place: f64| self.0.get(place as usize).copied().unwrap_or(f64::NAN);
        let (below, above) = (figure(place.floor()), figure(place.ceil()));
        below + (above - below) * place.fract()
    }

    /// The median with the smallest and the largest.
    pub(crate) fn with_range(&self, unit: &str) -> String {
        let (median, least, most) = (self.quantile(0.5), self.quantile(0.0), self.quantile(1.0));
        match self.0.len() {
            0 | 1 => format!("{} {unit}", plain(median)),
            runs => format!("{} {unit} ({}–{}; {runs})", plain(median), plain(least), plain(most)),
        }
    }
}

/// A figure with as many digits as mean something.
pub(crate) fn plain(figure: f64) -> String {
    match figure.abs() {
        size if size >= 100.0 => group(&format!("{figure:.0}")),
        size if size >= 10.0 => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}

/// Bytes in the unit that reads best.
pub(crate) fn bytes(count: f64) -> String {
    match count {
        count if count >= 1e6 => format!("{:.2} MB", count / 1e6),
        count if count >= 1e4 => format!("{:.1} KB", count / 1e3),
        count => format!("{count:.0} B"),
    }
}

fn group(digits: &str) -> String {
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) && grouped != "-" {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_summed_up_honestly() {
        let mut figures = Figures::default();
        [5.0, 1.0, 3.0, 2.0, 4.0].into_iter().for_each(|figure| figures.push(figure));
        assert_eq!((figures.quantile(0.0), figures.quantile(0.5), figures.quantile(1.0)), (1.0, 3.0, 5.0));
        assert_eq!(figures.with_range("ms"), "3.00 ms (1.00–5.00; 5)");
        figures.push(6.0);
        assert_eq!((figures.quantile(0.5), figures.quantile(0.9)), (3.5, 5.5), "between the middle pair");
        let mut pair = Figures::default();
        [4.0, 2.0].into_iter().for_each(|figure| pair.push(figure));
        assert_eq!(pair.with_range("ms"), "3.00 ms (2.00–4.00; 2)");
        assert!(Figures::default().quantile(0.5).is_nan());
        assert_eq!((plain(1_234_567.0), bytes(2_540_000.0)), ("1,234,567".to_owned(), "2.54 MB".to_owned()));
    }
}
