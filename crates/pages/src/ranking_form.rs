//! Ranking options by buttons alone: each moves one option by one place, and takes the focus with it.

use knotwork_governance::Ranking;
use maud::{Markup, html};

use crate::visit::Visit;

/// An order of some of a decision's options, the best first; the others are not ranked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    ranked: Vec<u16>,
    options: u16,
}

/// What a button does with an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    Up,
    Down,
    /// Puts it behind those that are ranked.
    In,
    Out,
}

impl Move {
    const ALL: [(Self, &str); 4] = [(Self::Up, "up"), (Self::Down, "down"), (Self::In, "in"), (Self::Out, "out")];

    fn parse(step: &str) -> Option<(Self, u16)> {
        let (word, option) = step.split_once('-')?;
        let (found, _) = Self::ALL.into_iter().find(|(_, known)| *known == word)?;
        Some((found, option.parse().ok()?))
    }
}

impl Order {
    /// That of a ranking.
    pub(crate) fn of(ranking: &Ranking) -> Self {
        let ranked: Vec<u16> = ranking.0.iter().flatten().copied().collect();
        Self { options: u16::MAX, ranked }
    }

    /// Reads one; what is no option, or stands there twice, is left out.
    pub(crate) fn parse(text: &str, options: usize) -> Self {
        let options = u16::try_from(options).unwrap_or(u16::MAX);
        let mut ranked = Vec::new();
        for option in text.split(',').filter_map(|option| option.parse().ok()) {
            if option < options && !ranked.contains(&option) {
                ranked.push(option);
            }
        }
        Self { ranked, options }
    }

    /// As a form keeps it.
    pub(crate) fn text(&self) -> String {
        self.ranked.iter().map(u16::to_string).collect::<Vec<_>>().join(",")
    }

    /// The position that it is.
    pub(crate) fn ranking(&self) -> Ranking {
        Ranking::strict(&self.ranked)
    }

    /// Whether a step of the form moves an option.
    pub(crate) fn is_move(step: &str) -> bool {
        Move::parse(step).is_some()
    }

    /// After a button was pressed; as it was, where the step is none.
    pub(crate) fn moved(mut self, step: &str) -> Self {
        let Some((how, option)) = Move::parse(step).filter(|(_, option)| *option < self.options) else { return self };
        let place = self.ranked.iter().position(|ranked| *ranked == option);
        match (how, place) {
            (Move::Up, Some(place)) if place > 0 => self.ranked.swap(place, place - 1),
            (Move::Down, Some(place)) if place + 1 < self.ranked.len() => self.ranked.swap(place, place + 1),
            (Move::In, None) => self.ranked.push(option),
            (Move::Out, Some(place)) => drop(self.ranked.remove(place)),
            _ => {}
        }
        self
    }

    /// The question, with the focus on what was moved by the last step.
    pub(crate) fn shown(&self, visit: &Visit, options: &[String], step: &str) -> Markup {
        let last = Move::parse(step);
        let name = |option: u16| options.get(usize::from(option)).map_or("", String::as_str);
        let rest: Vec<u16> = (0..self.options).filter(|option| !self.ranked.contains(option)).collect();
        let button = |how: &str, text: &str, option: u16, focused: bool| {
            html! {
                button .second type="submit" name="step" value={ (how) "-" (option) } autofocus[focused] {
                    (visit.text(text)) span .unseen { ": " (name(option)) }
                }
            }
        };
        let ranked = self.ranked.len();
        html! {
            fieldset #order .question tabindex="-1" {
                legend { (visit.text("your-ranking")) }
                p .hint { (visit.text("ranking-about")) }
                input type="hidden" name="order" value=(self.text());
                p role="status" .unseen {
                    @if let Some((_, option)) = last { (self.said(visit, option, name(option))) }
                }
                @if ranked == 0 { p { (visit.text("nothing-ranked")) } }
                ol .ranking {
                    @for (place, option) in self.ranked.iter().enumerate() {
                        @let moved = last.filter(|(_, moved)| moved == option).map(|(how, _)| how);
                        @let up = place > 0;
                        @let down = place + 1 < ranked;
                        // The button that was pressed, or where it is gone, the first that there is.
                        @let on_down = down && (moved == Some(Move::Down) || !up);
                        @let on_up = up && !on_down;
                        li {
                            span .option { bdi { (name(*option)) } }
                            span .moves {
                                @if up { (button("up", "move-up", *option, moved.is_some() && on_up)) }
                                @if down { (button("down", "move-down", *option, moved.is_some() && on_down)) }
                                (button("out", "leave-out", *option, moved.is_some() && !on_up && !on_down))
                            }
                        }
                    }
                }
                @if !rest.is_empty() {
                    p { strong { (visit.text("not-ranked")) } }
                    ul .ranking {
                        @for option in rest {
                            li {
                                span .option { bdi { (name(option)) } }
                                span .moves { (button("in", "rank-next", option, last == Some((Move::Out, option)))) }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Where an option stands, for those who do not see the list.
    fn said(&self, visit: &Visit, option: u16, name: &str) -> String {
        match self.ranked.iter().position(|ranked| *ranked == option) {
            Some(place) => {
                let values =
                    [("option", name.into()), ("place", (place + 1).into()), ("ranked", self.ranked.len().into())];
                visit.text_with("is-at-place", &values)
            }
            None => visit.text_with("is-not-ranked", &[("option", name.into())]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buttons_move_one_option_by_one_place() {
        let order = |text: &str| Order::parse(text, 4);
        let moved = |text: &str, step: &str| order(text).moved(step).text();
        assert_eq!(moved("", "in-2"), "2");
        assert_eq!(moved("2", "in-0"), "2,0");
        assert_eq!(moved("2,0,1", "up-1"), "2,1,0");
        assert_eq!(moved("2,0,1", "up-2"), "2,0,1", "it is the first");
        assert_eq!(moved("2,0,1", "down-2"), "0,2,1");
        assert_eq!(moved("2,0,1", "down-1"), "2,0,1", "it is the last");
        assert_eq!(moved("2,0,1", "out-0"), "2,1");
        for none in ["", "check", "up-", "up-9", "in-4", "sideways-1", "in-2", "out-3", "up-99999999"] {
            assert_eq!(moved("2,0,1", none), "2,0,1", "{none}");
        }
        assert_eq!(order("2,2,9,x,-1,,0").text(), "2,0");
        assert_eq!(order("2,0").ranking(), Ranking::strict(&[2, 0]));
    }
}
