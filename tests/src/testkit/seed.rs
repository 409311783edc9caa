//! The seed of tests that play something random.

/// Of every run, so that nobody's change fails by chance.
pub(crate) const SEED: u64 = 20_261_127;

/// `TEAL_TEST_SEED=<number>` plays another one, `TEAL_TEST_SEED=random` looks further.
pub(crate) fn seed() -> u64 {
    match std::env::var("TEAL_TEST_SEED").as_deref() {
        Ok("random") => rand::random(),
        Ok(given) => given.parse().expect("TEAL_TEST_SEED is a number or `random`"),
        Err(_) => SEED,
    }
}
