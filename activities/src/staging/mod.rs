//! Staging: which rows of a dataset have to travel, and the digests that tell.
//!
//! A refresh compares two digests of hash buckets: what the source holds now and what the last
//! committed batch left. Only buckets that differ are pulled, and the merge compares them with
//! exactly the target rows of the same buckets: a row that changes leaves its old bucket and enters
//! its new one, so both differ; a row that comes or goes changes its only one.
//! Read first: [`Digest`], [`Pull::decide`].

mod digest;
mod pull;

pub use digest::{Digest, mask_for};
pub use pull::{Buckets, Pull};
