//! The laws that counting keeps, each as a property over drawn ballots.

mod anybody;
mod choices;
mod proposals;
mod runoff;
mod samples;
mod schulze;
