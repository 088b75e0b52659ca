//! Links GCC's unwinder into the program, where the system's is a library of its own: to load it at each start took longer
//! than to look at a commit of nothing.
//!
//! The standard library asks the linker for `gcc_s`; a file of that name says to take `gcc_eh` instead, which holds the same.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script is told by its environment, and asks the compiler"
)]

use std::path::Path;
use std::process::Command;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let is_gnu = variable("CARGO_CFG_TARGET_OS") == "linux" && variable("CARGO_CFG_TARGET_ENV") == "gnu";
    let is_static = variable("CARGO_CFG_TARGET_FEATURE").split(',').any(|feature| feature == "crt-static");
    if !is_gnu || is_static || variable("HOST") != variable("TARGET") || !has_unwinder() {
        return;
    }
    let folder = variable("OUT_DIR");
    let script = Path::new(&folder).join("libgcc_s.so");
    match fs::write(&script, "INPUT ( -lgcc_eh -lgcc )\n") {
        Ok(()) => println!("cargo::rustc-link-search=native={folder}"),
        Err(error) => println!("cargo::warning={}: {error}", script.display()),
    }
}

/// Says whether the compiler has the unwinder as an archive: it tells the whole path of what it has.
fn has_unwinder() -> bool {
    let told = Command::new("cc").arg("-print-file-name=libgcc_eh.a").output();
    told.is_ok_and(|told| Path::new(String::from_utf8_lossy(&told.stdout).trim()).is_absolute())
}
