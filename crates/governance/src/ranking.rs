//! One voter's order of the options. It may be partial, and options may share a rank.

use crate::PositionError;

/// Options from the best rank down; those in one group share a rank. What is not in it is below all that is, and equal
/// among itself. A ranking of nothing is an abstention.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct Ranking(pub Vec<Vec<u16>>);

impl Ranking {
    /// A ranking in which no two options share a rank, best first.
    #[must_use]
    pub fn strict(order: &[u16]) -> Self {
        Self(order.iter().map(|option| vec![*option]).collect())
    }

    /// Whether every option is one of the first `options` numbers and stands in it once, and no rank is empty.
    ///
    /// # Errors
    /// [`PositionError::NoSuchOption`], [`PositionError::Twice`], [`PositionError::EmptyRank`].
    pub fn check(&self, options: u16) -> Result<(), PositionError> {
        let mut ranked = vec![false; usize::from(options)];
        for group in &self.0 {
            if group.is_empty() {
                return Err(PositionError::EmptyRank);
            }
            for option in group {
                let place =
                    ranked.get_mut(usize::from(*option)).ok_or(PositionError::NoSuchOption(*option, options))?;
                if *place {
                    return Err(PositionError::Twice(*option));
                }
                *place = true;
            }
        }
        Ok(())
    }

    /// Whether no two options share a rank, those aside that it leaves out.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.0.iter().all(|group| group.len() == 1)
    }

    /// The options in order, where none share a rank; of those that do, the order in which they are written.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = u16> + '_ {
        self.0.iter().flatten().copied()
    }

    /// The rank of each of the first `options` numbers, from 0; those left out come after the last rank.
    pub(crate) fn ranks(&self, options: u16) -> Vec<usize> {
        let mut ranks = vec![self.0.len(); usize::from(options)];
        for (rank, group) in self.0.iter().enumerate() {
            for option in group {
                if let Some(place) = ranks.get_mut(usize::from(*option)) {
                    *place = rank;
                }
            }
        }
        ranks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_ranking_is_refused() {
        let check = |groups: &[&[u16]]| Ranking(groups.iter().map(|group| group.to_vec()).collect()).check(3);
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&[&[2], &[0, 1]]), Ok(()));
        assert_eq!(check(&[&[2], &[]]), Err(PositionError::EmptyRank));
        assert_eq!(check(&[&[2], &[3]]), Err(PositionError::NoSuchOption(3, 3)));
        assert_eq!(check(&[&[2], &[0, 2]]), Err(PositionError::Twice(2)));
        let said = |ranks: &[&[u16]]| check(ranks).expect_err("it is none").to_string();
        assert_eq!(said(&[&[2], &[3]]), "the ranking names option 4, and there are 3, counted from 1");
        assert_eq!(said(&[&[2], &[0, 2]]), "the ranking names option 3, counted from 1, twice");
    }

    #[test]
    fn what_is_left_out_is_below_what_is_ranked() {
        assert_eq!(Ranking(vec![vec![3], vec![0, 1]]).ranks(5), [1, 1, 2, 0, 2]);
        assert!(Ranking::strict(&[4, 1]).is_strict());
        assert!(!Ranking(vec![vec![4, 1]]).is_strict());
    }
}
