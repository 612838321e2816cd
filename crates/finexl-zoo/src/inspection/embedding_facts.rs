//! The facts of a learned embedding.

use super::file_facts::ContentFacts;
use crate::lora_files::Embedding;
use finexl_core::inspection::EmbeddingFacts;

/// How many vectors there are, and how long.
pub(super) fn embedding_facts(embedding: &Embedding<'_>) -> ContentFacts {
    let mut problems = Vec::new();
    let mut embeddings = Vec::new();
    for table in &embedding.tables {
        let norms = match table.tensor.numbers() {
            Ok(numbers) => (numbers.chunks(table.width.max(1)))
                .map(|vector| vector.iter().map(|v| v * v).sum::<f64>().sqrt())
                .collect(),
            Err(problem) => {
                problems.push(format!("{}: it {problem}", table.key));
                Vec::new()
            }
        };
        embeddings.push(EmbeddingFacts {
            key: table.key.clone(),
            network: table.part.name().to_string(),
            vectors: table.vectors,
            width: table.width,
            norms,
        });
    }
    ContentFacts {
        kind: "learned embedding (textual inversion)".to_string(),
        spelling: vec![embedding.written_by.to_string()],
        bases: embedding.bases.clone(),
        embeddings,
        problems,
        ..ContentFacts::default()
    }
}
