//! Seals in every shape that a repository, its object store and its trees can have, through the real binary.

mod places;
mod scale;
mod shape;
mod stores;
mod trees;
