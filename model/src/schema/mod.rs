//! The published schema of the model: JSON Schema for editors, a reference for people.
//!
//! In: the shapes that the declarations of the documents give, so neither can say anything else than
//! what is read. Out: a JSON value, a page of Markdown.
//! Read first: [`json()`].

mod json;
mod markdown;

pub use self::{
    json::{json, json_of},
    markdown::reference,
};
pub use crate::document::KINDS;
