//! How many voters prefer each option to each other: all that Schulze's method needs to know of the ballots.

use crate::{OPTIONS_MAX, Ranking};

/// For every two options, how many voters rank the one above the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairwise {
    options: u16,
    /// Row by row: who is preferred, then to whom.
    prefer: Vec<u64>,
}

impl Pairwise {
    /// The preferences in these rankings, each held by so many voters. A ranked option is preferred to all that the
    /// ranking leaves out; between options that share a rank, or are both left out, there is no preference. Options
    /// beyond the first `options` numbers are passed over. Takes memory in proportion to the square of `options`.
    #[must_use]
    pub fn of<'a>(options: u16, rankings: impl IntoIterator<Item = (&'a Ranking, u64)>) -> Self {
        let size = usize::from(options);
        let mut pairwise = Self { options, prefer: vec![0; size * size] };
        for (ranking, voters) in rankings {
            let ranks = ranking.ranks(options);
            for (above, rank) in ranks.iter().enumerate() {
                for (below, other) in ranks.iter().enumerate() {
                    if rank < other {
                        let cell = &mut pairwise.prefer[above * size + below];
                        *cell = cell.saturating_add(voters);
                    }
                }
            }
        }
        pairwise
    }

    /// A table as elections publish it: `rows[a][b]` voters prefer `a` to `b`. The diagonal is not read.
    ///
    /// # Errors
    /// A table that is not square, or has more than 64 rows.
    pub fn from_rows(rows: &[Vec<u64>]) -> Result<Self, PairwiseError> {
        let options = u16::try_from(rows.len()).ok().filter(|options| *options <= OPTIONS_MAX);
        let options = options.ok_or(PairwiseError::TooMany(rows.len()))?;
        let mut prefer = Vec::with_capacity(rows.len() * rows.len());
        for (above, row) in rows.iter().enumerate() {
            if row.len() != rows.len() {
                return Err(PairwiseError::NotSquare(above, row.len(), rows.len()));
            }
            prefer.extend(row.iter().enumerate().map(|(below, voters)| if above == below { 0 } else { *voters }));
        }
        Ok(Self { options, prefer })
    }

    /// How many options there are.
    #[must_use]
    pub fn options(&self) -> u16 {
        self.options
    }

    /// How many voters prefer `above` to `below`; 0 for what is no option.
    #[must_use]
    pub fn prefer(&self, above: u16, below: u16) -> u64 {
        if above >= self.options || below >= self.options {
            return 0;
        }
        self.prefer[usize::from(above) * usize::from(self.options) + usize::from(below)]
    }

    /// Whether more voters prefer `above` to `below` than the other way round.
    #[must_use]
    pub fn beats(&self, above: u16, below: u16) -> bool {
        self.prefer(above, below) > self.prefer(below, above)
    }

    /// The option that beats every other, if there is one.
    #[must_use]
    pub fn condorcet_winner(&self) -> Option<u16> {
        (0..self.options).find(|one| (0..self.options).all(|other| other == *one || self.beats(*one, other)))
    }
}

/// Why a table of preferences is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PairwiseError {
    /// More rows than there can be options.
    #[error("a table of {0} rows is longer than {OPTIONS_MAX}")]
    TooMany(usize),
    /// A row of another length than the table.
    #[error("row {0} has {1} numbers in a table of {2} rows")]
    NotSquare(usize, usize, usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranked_options_are_preferred_to_those_left_out() {
        let ranking = Ranking(vec![vec![3], vec![0, 1]]);
        let pairwise = Pairwise::of(5, [(&ranking, 7)]);
        let preferred: Vec<(u16, u16)> = (0..5)
            .flat_map(|above| (0..5).map(move |below| (above, below)))
            .filter(|(above, below)| pairwise.prefer(*above, *below) == 7)
            .collect();
        assert_eq!(preferred, [(0, 2), (0, 4), (1, 2), (1, 4), (3, 0), (3, 1), (3, 2), (3, 4)]);
    }

    #[test]
    fn a_table_is_square_and_bounded() {
        assert_eq!(Pairwise::from_rows(&[vec![0, 1], vec![2]]), Err(PairwiseError::NotSquare(1, 1, 2)));
        assert_eq!(Pairwise::from_rows(&vec![vec![0; 65]; 65]), Err(PairwiseError::TooMany(65)));
        let table = Pairwise::from_rows(&[vec![9, 1], vec![2, 9]]).expect("square");
        assert_eq!([table.prefer(0, 0), table.prefer(0, 1), table.prefer(1, 0), table.prefer(2, 0)], [0, 1, 2, 0]);
        assert_eq!(table.condorcet_winner(), Some(1));
    }
}
