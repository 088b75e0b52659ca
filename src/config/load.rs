//! Finds the documents of a configuration: in the repository, outside of it, or in the binary.
//!
//! The caller decides what the repository is (a commit's tree, or the working tree) by the function it hands in.

use super::assemble::assemble;
use super::node::Node;
use super::source::Source;
use super::violation::Violation;
use super::{Config, Document, DocumentKind, Error, Origin, SchemaRole, built_in, check_paths, yaml};
use crate::base::assets;
use crate::model::RepoPath;

/// Where the pipeline document stands when nobody names another.
pub const DEFAULT_PIPELINE_PATH: &str = "configs/indestructibleautoops.pipeline.yaml";

/// Why a file of the repository could not be read.
pub type ReadFailure = Box<dyn std::error::Error + Send + Sync>;

/// Reads a file of the repository; `None` when there is no such file.
pub type ReadFile<'a> = dyn Fn(&RepoPath) -> Result<Option<Vec<u8>>, ReadFailure> + 'a;

/// What to load.
#[derive(Clone)]
pub struct LoadRequest<'a> {
    /// The pipeline document; `None`: [`DEFAULT_PIPELINE_PATH`] if the repository has it, else the built-in one.
    pub pipeline: Option<PipelineSource>,
    /// Reads a file of the repository.
    pub read: &'a ReadFile<'a>,
    /// The steps that a node may run.
    pub known_steps: &'a [&'a str],
}

/// A pipeline document that was asked for.
#[derive(Debug, Clone)]
pub enum PipelineSource {
    /// A file of the repository.
    Path(RepoPath),
    /// A text from outside (`--config F`).
    Text {
        /// The name for people, such as the file's path.
        name: String,
        /// The content.
        text: Vec<u8>,
    },
}

/// Loads and checks all documents.
///
/// Documents that the pipeline names under `inputs` are read through [`LoadRequest::read`]; a kind that it
/// does not name is the built-in one. The built-in pipeline names the usual paths, and there alone a file that
/// is absent is no error: the built-in document of its kind holds.
///
/// # Errors
/// [`Error::Invalid`] with every violation of every document; [`Error::PipelineMissing`] and [`Error::Read`]
/// when a file cannot be had.
pub fn load(request: &LoadRequest<'_>) -> Result<Config, Error> {
    let mut gathered = Gathered { read: request.read, documents: Vec::new(), report: Vec::new() };
    let (origin, bytes) = pipeline(request)?;
    if let Some(document) = gathered.decode(DocumentKind::Pipeline, origin, bytes) {
        gathered.take_all(document)?;
    }
    assemble(gathered.documents, Some(request.known_steps), gathered.report)
}

fn pipeline(request: &LoadRequest<'_>) -> Result<(Origin, Vec<u8>), Error> {
    match &request.pipeline {
        Some(PipelineSource::Text { name, text }) => Ok((Origin::File(name.clone()), text.clone())),
        Some(PipelineSource::Path(path)) => match read_file(request.read, path)? {
            Some(bytes) => Ok((Origin::Path(path.clone()), bytes)),
            None => Err(Error::PipelineMissing { path: path.clone() }),
        },
        None => {
            let path = RepoPath::from(DEFAULT_PIPELINE_PATH);
            match read_file(request.read, &path)? {
                Some(bytes) => Ok((Origin::Path(path), bytes)),
                None => Ok((Origin::Embedded, embedded(DocumentKind::Pipeline).text.into_bytes())),
            }
        }
    }
}

fn read_file(read: &ReadFile<'_>, path: &RepoPath) -> Result<Option<Vec<u8>>, Error> {
    read(path).map_err(|source| Error::Read { path: path.clone(), source })
}

fn embedded(kind: DocumentKind) -> Document {
    let asset = kind.asset().and_then(assets::default_document).expect("each required kind has a default");
    Document { kind, origin: Origin::Embedded, text: asset.text.to_owned() }
}

/// A document that the pipeline names.
struct Input {
    kind: DocumentKind,
    path: String,
    span: std::ops::Range<usize>,
}

/// The documents that a pipeline may name under `inputs`, by their keys.
const INPUTS: [(DocumentKind, &str); 3] = [
    (DocumentKind::Policies, "policiesConfig"),
    (DocumentKind::RoleRegistry, "rolesRegistry"),
    (DocumentKind::Adapters, "adaptersConfig"),
];

/// What the built-in pipeline names; nothing is ever wrong with its places.
fn built_in_inputs() -> Vec<Input> {
    let named = |(kind, key)| Some(Input { kind, path: built_in::input(key)?.to_owned(), span: 0..0 });
    INPUTS.into_iter().filter_map(named).collect()
}

fn inputs(pipeline: &Node) -> Vec<Input> {
    let schemas = SchemaRole::ALL.map(|role| (DocumentKind::Schema(role), role.as_str()));
    let named = |kind, keys: &[&str]| {
        let node = pipeline.at(keys)?;
        Some(Input { kind, path: node.text()?.to_owned(), span: node.span.clone() })
    };
    let documents = INPUTS.into_iter().filter_map(|(kind, key)| named(kind, &["spec", "inputs", key]));
    let schemas =
        schemas.into_iter().filter_map(|(kind, key)| named(kind, &["spec", "inputs", "schemas", key]));
    documents.chain(schemas).collect()
}

/// What was found so far.
struct Gathered<'a> {
    read: &'a ReadFile<'a>,
    documents: Vec<Document>,
    report: Vec<Violation>,
}

impl Gathered<'_> {
    /// Takes the pipeline and every document that it names; the built-in one of each kind that it does not.
    fn take_all(&mut self, pipeline: Document) -> Result<(), Error> {
        let built_in = pipeline.origin == Origin::Embedded;
        let source = Source::new(0, pipeline.origin.to_string(), pipeline.text.clone());
        self.documents.push(pipeline);
        let mut named = if built_in {
            built_in_inputs()
        } else {
            // The violations of this reading are found again when all documents are checked.
            yaml::read(&source, &mut Vec::new()).as_ref().map(inputs).unwrap_or_default()
        };
        for kind in DocumentKind::REQUIRED.into_iter().skip(1) {
            match named.iter().position(|input| input.kind == kind) {
                Some(at) => self.take_input(&named.swap_remove(at), &source, built_in)?,
                None => self.documents.push(embedded(kind)),
            }
        }
        for schema in &named {
            self.take_input(schema, &source, false)?;
        }
        Ok(())
    }

    fn take_input(&mut self, input: &Input, pipeline: &Source, may_be_absent: bool) -> Result<(), Error> {
        if check_paths::fault(&input.path).is_some() {
            // The path itself is a violation, found when all documents are checked; the rest is checked too.
            self.documents.extend(input.kind.asset().map(|_| embedded(input.kind)));
            return Ok(());
        }
        let path = RepoPath::from(check_paths::normal(&input.path).as_str());
        match read_file(self.read, &path)? {
            Some(bytes) => {
                let document = self.decode(input.kind, Origin::Path(path), bytes);
                self.documents.extend(document);
            }
            None if may_be_absent => self.documents.push(embedded(input.kind)),
            None => {
                let message = format!("there is no file `{path}` in the repository");
                let help = "add the file, or take this line out: what is not named is built in";
                let code = "iao::config::input_missing";
                self.report.push(pipeline.violation(code, input.span.clone(), message, help));
            }
        }
        Ok(())
    }

    fn decode(&mut self, kind: DocumentKind, origin: Origin, bytes: Vec<u8>) -> Option<Document> {
        match String::from_utf8(bytes) {
            Ok(text) => Some(Document { kind, origin, text }),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let source =
                    Source::new(usize::from(kind != DocumentKind::Pipeline), origin.to_string(), text);
                let help = "save the document as UTF-8";
                let message = "the document is not UTF-8";
                self.report.push(source.violation("iao::config::yaml", at..at + 1, message, help));
                None
            }
        }
    }
}
