//! The pages in a real browser, as people have them: by what a thing is called and what it is, by the keyboard alone, on
//! a narrow screen, in the dark, without scripts.
//!
//! A test opens a [`chromium::Browser`], and a [`page::Page`] for each person. Nothing is found by its place in the page
//! or by the name of a style: what has no role and no name for a screen reader is not there for a test either.
//! `cargo xtask test browser` sees to it that Chromium and axe-core are on the machine.

pub(crate) mod accessibility;
pub(crate) mod chromium;
pub(crate) mod elements;
pub(crate) mod keys;
pub(crate) mod page;
pub(crate) mod people;
pub(crate) mod protocol;

mod deciding;
mod joining;
mod library;
mod looks;
mod profile;
mod roles;
mod sample;
mod together;
