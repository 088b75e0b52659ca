//! Draws the hash boundary of a tree: from the one sealed before where that may be, else from the content alone.
//!
//! What a boundary says depends on the tree alone. How it was drawn is told beside it, and never goes into it.

use std::sync::Arc;

use serde::Serialize;

use super::build::hash_contents;
use super::cache::{self, DigestCache};
use super::content::{Blobs, Reading};
use super::load::locations;
use super::manifest::{Document, Manifest};
use super::plan::{Plan, Stop};
use super::records::Records;
use super::trees::Trees;
use super::{Error, StoredSeal, update};
use crate::base::{CancelToken, ContentAddress};
use crate::git::{Names, Repository};
use crate::ledger::{Entry, Ledger};
use crate::model::ObjectId;

/// How many record locations of one manifest are tried; a ledger that was merged may hold false ones.
pub(super) const LOCATIONS: usize = 8;

/// The manifest document of a tree, and what the ledger lacks of its records.
#[derive(Debug, Clone)]
pub struct Boundary {
    document: Document,
    /// Shared: a first seal's are some megabytes.
    entries: Arc<[Entry]>,
    drawn: Drawn,
}

/// How a boundary was drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Drawn {
    /// `incremental` or `full`.
    pub how: How,
    /// The seal whose records were taken over.
    pub base: Option<ContentAddress>,
    /// Why a seal before this one was not built upon, in one clause.
    pub refused: Option<String>,
    /// Contents that were read and digested.
    pub hashed: u64,
    /// Contents whose digests were kept from an earlier time.
    pub cached: u64,
    /// Files of the tree that were taken over without a look at their content.
    pub reused: u64,
}

/// Where digests came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum How {
    /// From the boundary sealed before, but for what changed.
    Incremental,
    /// From the content of every file.
    Full,
}

/// What a boundary may be drawn from.
#[derive(Debug, Clone)]
pub enum Base<'a> {
    /// The content alone.
    Nothing,
    /// The boundary of this seal, which the caller trusts.
    Seal(&'a StoredSeal),
    /// The content alone, because the seal before is not trusted: why, in one clause.
    Refused(String),
}

/// How much is believed of what was computed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Care {
    /// The boundary of the seal before, and digests kept by the names of their contents.
    #[default]
    Usual,
    /// Neither: every content is read and digested.
    NoCache,
    /// Neither, and the name of every object is computed again.
    Full,
}

/// A boundary to be drawn.
pub struct Drawing<'a> {
    /// The repository that has the tree.
    pub repository: &'a Repository,
    /// Holds the records of the base.
    pub ledger: &'a Ledger<'a>,
    /// The tree.
    pub tree: ObjectId,
    /// What it may be drawn from.
    pub base: Base<'a>,
    /// How much is believed; the base is the caller's choice.
    pub care: Care,
    /// How many threads may work.
    pub jobs: usize,
    /// Set when the work shall stop.
    pub cancel: &'a CancelToken,
}

/// Size and digests of the contents that are new.
struct Contents {
    blobs: Blobs,
    /// Where those that were computed are to be remembered.
    memory: Option<(DigestCache, Vec<ObjectId>)>,
    /// How many were computed, and how many were known.
    hashed: u64,
    cached: u64,
}

impl Drawing<'_> {
    /// Draws the boundary.
    ///
    /// A base whose tree or records are missing or damaged is not built upon, and said so in [`Boundary::drawn`].
    ///
    /// # Errors
    /// As [`Manifest::build`], and when the ledger cannot be read.
    pub fn draw(&self) -> Result<Boundary, Error> {
        let refused = match &self.base {
            Base::Nothing => None,
            Base::Refused(why) => Some(why.clone()),
            Base::Seal(seal) => match self.grow(seal) {
                Ok(boundary) => return Ok(boundary),
                Err(Stop::New(error)) => return Err(error),
                Err(Stop::Old(error @ (Error::Git(_) | Error::Ledger(_)))) => return Err(error),
                Err(Stop::Old(error)) => Some(error.to_string()),
            },
        };
        let plan = Plan::new(&mut self.trees(), None, self.tree).map_err(Stop::into_error)?;
        let Contents { blobs, memory, hashed, cached } = self.contents(&plan)?;
        let grow = || Manifest::grow(self.tree, &plan, &blobs, self.jobs);
        let manifest = match memory {
            // Many digests take as long to be written as to be hashed on: both at once.
            Some((mut cache, fresh)) if self.jobs > 1 => std::thread::scope(|scope| {
                scope.spawn(|| cache.keep(&fresh, &blobs));
                grow()
            }),
            Some((mut cache, fresh)) => {
                cache.keep(&fresh, &blobs);
                grow()
            }
            None => grow(),
        }?;
        let drawn = Drawn { how: How::Full, base: None, refused, hashed, cached, reused: 0 };
        Ok(Boundary { drawn, ..Boundary::from(manifest) })
    }

    /// Trees are read for one plan, so none is kept.
    fn trees(&self) -> Trees<'_> {
        Trees::new(self.repository, 0, self.cancel)
    }

    /// How contents are read: their names are computed again only when that was asked for.
    fn reading(&self) -> Reading<'_> {
        let names = if self.care == Care::Full { Names::Verified } else { Names::Trusted };
        Reading { names, jobs: self.jobs, cancel: self.cancel }
    }

    /// Finds the digests that the plan asks for, in the cache or in the contents themselves.
    fn contents(&self, plan: &Plan) -> Result<Contents, Error> {
        let wanted = plan.contents();
        if self.care != Care::Usual || !self.worth_remembering(&wanted) {
            let blobs = hash_contents(self.repository, std::iter::once(plan), wanted, &self.reading())?;
            return Ok(Contents { hashed: blobs.len() as u64, cached: 0, blobs, memory: None });
        }
        let mut cache = DigestCache::open(self.repository);
        let mut blobs = cache.find(&wanted);
        let cached = blobs.len() as u64;
        let wanted = wanted.into_iter().filter(|id| !blobs.contains_key(id)).collect();
        let computed = hash_contents(self.repository, std::iter::once(plan), wanted, &self.reading())?;
        let fresh: Vec<ObjectId> = computed.keys().copied().collect();
        let hashed = fresh.len() as u64;
        blobs.extend(computed);
        Ok(Contents { blobs, memory: Some((cache, fresh)), hashed, cached })
    }

    /// Says whether the cache may have these contents; few small ones are sooner digested than looked for.
    fn worth_remembering(&self, wanted: &[ObjectId]) -> bool {
        let bytes = |id: &ObjectId| self.repository.blob_size(*id).unwrap_or(u64::MAX);
        // What cannot be read now may have been digested before.
        cache::is_worth(wanted.len(), wanted.iter().map(bytes))
    }

    /// Draws it from the boundary of `seal`.
    fn grow(&self, seal: &StoredSeal) -> Result<Boundary, Stop> {
        let old = seal.statement().document();
        let plan = Plan::new(&mut self.trees(), Some(old.tree), self.tree)?;
        let mut contents = self.contents(&plan).map_err(Stop::New)?;
        if let Some((mut cache, fresh)) = contents.memory.take() {
            cache.keep(&fresh, &contents.blobs);
        }
        let mut failure = Stop::Old(Error::ManifestMissing { manifest: old.address() });
        let places = locations(self.ledger, old.address()).map_err(Stop::Old)?;
        for place in places.into_iter().take(LOCATIONS) {
            let location = match place {
                Ok(location) => location,
                Err(error) => {
                    failure = Stop::Old(error);
                    continue;
                }
            };
            let records = Records::new(|path: &str| Ok(self.ledger.read(path)?));
            match update::grow(self.tree, (&plan, &contents.blobs), old, &location, records) {
                Ok(manifest) => {
                    let (document, entries) = (manifest.document(), manifest.ledger_entries());
                    let drawn = Drawn {
                        how: How::Incremental,
                        base: Some(seal.digest()),
                        refused: None,
                        hashed: contents.hashed,
                        cached: contents.cached,
                        reused: document.roots.files.saturating_sub(plan.touched()),
                    };
                    return Ok(Boundary { document, entries: entries.into(), drawn });
                }
                Err(Stop::New(error)) => return Err(Stop::New(error)),
                Err(stop) => failure = stop,
            }
        }
        Err(failure)
    }
}

impl Boundary {
    /// Returns the document that a seal states.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Returns how it was drawn.
    #[must_use]
    pub fn drawn(&self) -> &Drawn {
        &self.drawn
    }

    /// Returns what the ledger must hold so that the manifest can be loaded, beside what it holds already.
    #[must_use]
    pub fn ledger_entries(&self) -> &[Entry] {
        &self.entries
    }
}

impl From<Manifest> for Boundary {
    /// The boundary of a manifest, with all of its records.
    fn from(manifest: Manifest) -> Self {
        let (document, entries) = (manifest.document(), manifest.ledger_entries());
        let drawn = Drawn { how: How::Full, base: None, refused: None, hashed: 0, cached: 0, reused: 0 };
        Self { document, entries: entries.into(), drawn }
    }
}
