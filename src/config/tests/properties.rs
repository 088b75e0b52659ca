//! No text makes the loader panic, and what it accepts it accepts again.

use proptest::prelude::*;

use super::*;

/// One edit of a text: where (in parts of its length), how much goes, what comes.
fn edits() -> impl Strategy<Value = Vec<(f64, usize, String)>> {
    let piece = prop_oneof![
        "[ -~\n]{0,6}",
        Just("\n".to_owned()),
        Just("- ".to_owned()),
        Just("  ".to_owned()),
        Just("&a ".to_owned()),
        Just("*a".to_owned()),
        Just("[".to_owned()),
        Just("}".to_owned()),
        Just(": ".to_owned()),
        Just("\u{8acb}'\"".to_owned()),
        any::<String>(),
    ];
    proptest::collection::vec((0.0..1.0, 0_usize..12, piece), 1..4)
}

fn apply(text: &str, edits: &[(f64, usize, String)]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for (place, removed, piece) in edits {
        let at = (place * characters.len() as f64) as usize;
        let end = (at + removed).min(characters.len());
        characters.splice(at..end, piece.chars());
    }
    characters.into_iter().collect()
}

fn check(files: &Files) -> Result<(), TestCaseError> {
    match files.load() {
        Ok(config) => {
            let again = Config::from_documents(&config.documents).expect("accepted documents load again");
            prop_assert_eq!(again.digest, config.digest);
        }
        Err(error) => {
            prop_assert!(!error.violations().is_empty(), "{:?}", error);
            for violation in error.violations() {
                prop_assert!(
                    violation.line() >= 1 && violation.column() >= 1 && !violation.help().is_empty()
                );
                prop_assert_ne!(violation.code(), "iao::config::shape", "schema and types agree");
            }
            let mut shown = String::new();
            let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::none());
            prop_assert!(handler.render_report(&mut shown, &error).is_ok());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        check(&Files::default().file("configs/indestructibleautoops.pipeline.yaml", bytes))?;
    }

    #[test]
    fn random_text_never_panics(text in "[-\\[\\]{}:,#&*!|>'\"%@? \n\ta-c0-9.~é請]{0,120}") {
        check(&Files::default().file("configs/indestructibleautoops.pipeline.yaml", text))?;
    }

    #[test]
    fn mutated_documents_never_panic(which in 0_usize..4, edits in edits()) {
        let asset = assets::DEFAULT_DOCUMENTS[which];
        check(&Files::defaults().file(asset.path, apply(asset.text, &edits)))?;
    }

    #[test]
    fn mutated_schemas_never_panic(edits in edits()) {
        let schema = assets::schema("policies").unwrap();
        let files = Files::defaults()
            .edit("pipeline", "    # schemas:\n    #   policies: schemas/our-policies", "    schemas:\n      policies: schemas/our-policies")
            .file("schemas/our-policies.schema.json", apply(schema, &edits));
        check(&files)?;
    }

    #[test]
    fn indentation_and_comments_do_not_change_the_digest(which in 0_usize..4, width in 0_usize..5) {
        let asset = assets::DEFAULT_DOCUMENTS[which];
        let shifted: String =
            asset.text.lines().map(|line| format!("{}{line}\n\n# x\n", " ".repeat(width))).collect();
        let base = Files::default().load().unwrap().digest;
        prop_assert_eq!(Files::defaults().file(asset.path, shifted).load().unwrap().digest, base);
    }
}
