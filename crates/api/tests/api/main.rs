//! The API over a real replica and a real store in memory: requests in, answers out, as callers see them.

mod ask;
mod asking_people;
mod bad_input;
mod counting;
mod decisions;
mod description;
mod events;
mod exports;
mod falling;
mod guards;
mod hearing;
mod imports;
mod late_answers;
mod leaving;
mod member;
mod members;
mod node;
mod nodes_in_memory;
mod organising;
mod reminders;
mod resources;
mod roles;
mod serving;
mod standing_in;
mod temperatures;
mod undecidable;
