//! What the environment says about a run of this benchmark.

use std::env;
use std::path::{Path, PathBuf};

/// How much is measured, of which program, and where repositories are kept.
pub(super) struct Settings {
    /// `IAO_BENCH_BINARY`: the program; the one that cargo built for this benchmark, when not given.
    pub(super) binary: PathBuf,
    /// `IAO_BENCH_SIZES`: how many files the repositories have, ascending, with commas between.
    pub(super) sizes: Vec<usize>,
    /// `IAO_BENCH_ROUNDS`: how often each command runs in the large repositories.
    pub(super) rounds: usize,
    /// `IAO_BENCH_STEPS`: how many seals of ten changed files are measured.
    pub(super) steps: usize,
    /// `IAO_BENCH_SEALS`: how many commits of one history are sealed; 0 leaves that row out.
    pub(super) seals: usize,
    /// `IAO_BENCH_FOLDER`: where repositories are kept; `bench-repos` in cargo's target folder, when not given.
    pub(super) folder: PathBuf,
    /// Where programs are looked for: a folder for tools beside the repositories, then `PATH`.
    pub(super) path: String,
}

impl Settings {
    /// Reads the environment.
    pub(super) fn read() -> Self {
        let text = |name: &str| env::var(name).ok().filter(|text| !text.is_empty());
        let number = |name: &str, default| match text(name) {
            Some(text) => text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")),
            None => default,
        };
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let sizes = text("IAO_BENCH_SIZES").unwrap_or_else(|| "3000,57000,100000".to_owned());
        let sizes = sizes.split(',').map(|size| size.trim().parse().unwrap()).collect::<Vec<usize>>();
        assert!(sizes.is_sorted() && !sizes.is_empty(), "IAO_BENCH_SIZES must ascend");
        Self {
            binary: text("IAO_BENCH_BINARY").map_or_else(
                || env!("CARGO_BIN_EXE_git-iao").into(),
                |path| std::path::absolute(path).unwrap(),
            ),
            sizes,
            rounds: number("IAO_BENCH_ROUNDS", 5).max(1),
            steps: number("IAO_BENCH_STEPS", 20).clamp(1, crate::repository::WIDE - 1),
            seals: number("IAO_BENCH_SEALS", crate::repository::SERIES).min(crate::repository::SERIES),
            folder: text("IAO_BENCH_FOLDER").map_or_else(|| target.join("bench-repos"), PathBuf::from),
            path: format!(
                "{}:{}",
                target.join("bench-tools/bin").display(),
                text("PATH").unwrap_or_else(|| "/usr/bin:/bin".to_owned())
            ),
        }
    }

    /// Returns how often each command runs in a repository of so many files: enough to see 0.2 ms in a small one.
    pub(super) fn rounds_of(&self, files: usize) -> usize {
        if files <= 10_000 { 20 } else { self.rounds }
    }
}
