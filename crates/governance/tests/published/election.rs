//! Reading the file of elections. It is ours, so that what is wrong in it may panic.

use knotwork_governance::{Pairwise, Ranking};

/// One election and what is known of its result.
#[derive(Debug, Clone, Default)]
pub(crate) struct Election {
    pub(crate) name: String,
    pub(crate) source: String,
    names: Vec<String>,
    pub(crate) votes: Vec<(Ranking, u64)>,
    rows: Vec<Vec<u64>>,
    pub(crate) preferences: Vec<((u16, u16), (u64, u64))>,
    /// The Condorcet winner, or that there is none.
    pub(crate) condorcet: Option<Option<u16>>,
    pub(crate) runoff: Option<u16>,
    pub(crate) rounds: Vec<Vec<(u16, u64)>>,
    /// The winners by Schulze's method, ascending.
    pub(crate) schulze: Option<Vec<u16>>,
    pub(crate) ranking: Option<Vec<u16>>,
}

impl Election {
    /// All elections of the file; what stands above the line explains it.
    pub(crate) fn all(text: &str) -> Vec<Self> {
        let body = text.split_once("\n---").expect("a line of hyphens ends the explanation").1;
        let blocks = body.split("\n\n").filter(|block| block.contains("election "));
        blocks.map(Self::read).collect()
    }

    pub(crate) fn options(&self) -> u16 {
        u16::try_from(self.names.len()).expect("few options")
    }

    /// The preferences, from the rankings or from the table, whichever there is.
    pub(crate) fn pairwise(&self) -> Pairwise {
        if self.rows.is_empty() {
            return Pairwise::of(self.options(), self.votes.iter().map(|(ranking, voters)| (ranking, *voters)));
        }
        assert!(self.votes.is_empty(), "{}: rankings or a table", self.name);
        Pairwise::from_rows(&self.rows).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    fn read(block: &str) -> Self {
        let mut election = Self::default();
        for line in block.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('-')) {
            let (key, value) = line.split_once(' ').unwrap_or_else(|| panic!("{line}"));
            election.take(key, value.trim());
        }
        election
    }

    fn take(&mut self, key: &str, value: &str) {
        let mut words = value.split_whitespace();
        match key {
            "election" => self.name = value.to_owned(),
            "source" => self.source = value.to_owned(),
            "options" => self.names = words.map(str::to_owned).collect(),
            "vote" => {
                let (voters, ranking) = value.split_once(' ').expect("a number and a ranking");
                let group = |group: &str| group.split('=').map(|name| self.option(name.trim())).collect();
                let ranking = Ranking(ranking.split('>').map(group).collect());
                ranking.check(self.options()).unwrap_or_else(|error| panic!("{value}: {error}"));
                self.votes.push((ranking, number(voters)));
            }
            "row" => {
                let option = self.option(words.next().expect("an option"));
                assert_eq!(usize::from(option), self.rows.len(), "{}: rows in the order of the options", self.name);
                self.rows.push(words.map(|word| if word == "." { 0 } else { number(word) }).collect());
            }
            "prefer" => {
                let words: Vec<&str> = words.collect();
                let pair = (self.option(words[0]), self.option(words[1]));
                self.preferences.push((pair, (number(words[2]), number(words[3]))));
            }
            "condorcet" => self.condorcet = Some((value != "nobody").then(|| self.option(value))),
            "runoff" => self.runoff = Some(self.option(value)),
            "round" => {
                let total = |total: &str| {
                    let (name, votes) = total.trim().split_once(' ').expect("a name and a number");
                    (self.option(name), number(votes))
                };
                self.rounds.push(value.split(',').map(total).collect());
            }
            "schulze" => self.schulze = Some(words.map(|name| self.option(name)).collect()),
            "ranking" => self.ranking = Some(words.map(|name| self.option(name)).collect()),
            _ => panic!("{key} is no word of this file"),
        }
    }

    fn option(&self, name: &str) -> u16 {
        let place = self.names.iter().position(|one| one == name).unwrap_or_else(|| panic!("{}: {name}", self.name));
        u16::try_from(place).expect("few options")
    }
}

fn number(word: &str) -> u64 {
    word.parse().unwrap_or_else(|_| panic!("{word} is no number"))
}
