//! Tables: aligned and cut to the terminal for people, whole and separated by tabs for programs.

use std::io::IsTerminal as _;

use unicode_width::UnicodeWidthStr as _;

use super::text::{fitted, one_line};

/// How wide tables may be; nothing where they go to a program.
pub(crate) fn terminal_width() -> Option<usize> {
    let named = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || {
        let size = std::io::stdout().is_terminal().then(terminal_size::terminal_size)?;
        Some(size.map_or(WIDTH_DEFAULT, |(width, _)| width.0.into()))
    };
    named.or_else(terminal)
}

/// How wide pages are that only people read.
pub(crate) fn page_width() -> usize {
    terminal_width().unwrap_or(PAGE_WIDTH)
}

/// A table with all its rows.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these heads of columns.
    pub(crate) fn new(heads: &[&str]) -> Self {
        Self { rows: vec![heads.iter().map(ToString::to_string).collect()] }
    }

    /// Adds a row, with a cell for each column.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| one_line(&cell)).collect());
    }

    /// The table as text. Columns take what they need; where that is more than there is, the widest give way.
    pub(crate) fn shown(&self, width: Option<usize>) -> String {
        let Some(width) = width else {
            return self.rows[1..].iter().map(|row| row.join("\t")).collect::<Vec<_>>().join("\n");
        };
        let columns = self.rows[0].len();
        let natural = (0..columns).map(|column| self.rows.iter().map(|row| row[column].width()).max().unwrap_or(0));
        let widths = shared_out(natural.collect(), width);
        self.rows.iter().map(|row| shown_row(row, &widths)).collect::<Vec<_>>().join("\n")
    }
}

/// One row, without spaces at its end.
pub(crate) fn shown_row(cells: &[String], widths: &[usize]) -> String {
    let cells: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| fitted(cell, *width)).collect();
    cells.join(GAP).trim_end().to_owned()
}

/// Takes from the widest columns until all fit.
fn shared_out(mut widths: Vec<usize>, width: usize) -> Vec<usize> {
    let room = width.saturating_sub(GAP.len() * widths.len().saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max() else { break };
        if *widest <= COLUMN_WIDTH_MIN {
            break;
        }
        *widest -= 1;
    }
    widths
}

const GAP: &str = "  ";
/// Where a terminal does not say.
const WIDTH_DEFAULT: usize = 80;
/// Where there is no terminal.
const PAGE_WIDTH: usize = 100;
/// No column is made narrower.
const COLUMN_WIDTH_MIN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&["organisation", "resources"]);
        table.row(["Alder".to_owned(), "52".to_owned()]);
        table.row(["A board\nwith a rather long name".to_owned(), "7".to_owned()]);
        table
    }

    #[test]
    fn people_see_columns_and_programs_get_fields() {
        let expected = "organisation                    resources\n\
                        Alder                           52\n\
                        A board with a rather long name  7";
        let shown = table().shown(Some(80));
        assert_eq!(shown.lines().count(), 3);
        assert_eq!(shown.lines().nth(2), expected.lines().nth(2));
        assert_eq!(table().shown(None), "Alder\t52\nA board with a rather long name\t7");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [20, 30, 79] {
            let shown = table().shown(Some(width));
            assert!(shown.lines().all(|line| line.width() <= width), "{shown}");
        }
        assert!(table().shown(Some(30)).contains('…'));
    }
}
