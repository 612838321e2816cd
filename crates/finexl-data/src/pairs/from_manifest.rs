//! Pairs from a manifest: its rows, looked up in the folders.

use super::choose::choose;
use super::contradictions::given_note;
use super::listed_images::Listed;
use super::loading::nothing_usable;
use super::lookup::{Meant, Places};
use super::options::{PairOptions, Pairing};
use super::pair_set::{Pair, PairSet, fill_prompts, plain_prompts, side_notes};
use super::side::{Candidate, Side};
use crate::DataError;
use crate::decode::Pictures;
use crate::image_folder::{
    BadFiles, ImageFolder, examples, left_out_together, without_image_extension,
};
use crate::manifest::{Manifest, PromptFile, RowImages, mistake};
use finexl_core::counting::{counted, was_or_were};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

impl PairSet {
    /// The pairs that a manifest lists, in its order, its paths being relative to its own folder.
    ///
    /// # Errors
    /// Those of [`PromptFile::read`], [`DataError::Manifest`] where it is a list of prompts or has the column `file`,
    /// which needs two folders, and those of [`PairSet::open`].
    pub fn from_manifest(manifest: &Path, options: &PairOptions) -> Result<Self, DataError> {
        match PromptFile::read(manifest)? {
            PromptFile::Manifest(manifest) => Self::of_manifest(&manifest, None, options),
            PromptFile::List(_) => Err(mistake(
                manifest,
                1,
                "this is a list of prompts; give the folders of the images with --base and --personalized",
            )),
        }
    }

    /// The pairs that a manifest lists, in its order, in two folders or in its own.
    pub(super) fn of_manifest(
        manifest: &Manifest,
        folders: Option<[&Path; 2]>,
        options: &PairOptions,
    ) -> Result<Self, DataError> {
        let by_name = (manifest.rows.iter()).any(|row| matches!(row.images, RowImages::Same(_)));
        match (by_name, folders) {
            (false, _) => of_rows(manifest, folders, options),
            (true, Some(folders)) => of_names(manifest, folders, options),
            (true, None) => Err(mistake(
                &manifest.path,
                1,
                "the column file names images of two folders; give both with --base and \
                 --personalized, or use the columns prompt,base,personalized",
            )),
        }
    }
}

/// Rows that name both images.
fn of_rows(
    manifest: &Manifest,
    folders: Option<[&Path; 2]>,
    options: &PairOptions,
) -> Result<PairSet, DataError> {
    if options.pairing.is_some_and(|rule| rule != Pairing::Name) {
        let reason = "the manifest says which images make a pair; leave --pair out";
        return Err(mistake(&manifest.path, 1, reason));
    }
    let sides = [0, 1].map(|side| Places::new(folders.map(|f| f[side]), manifest.folder()));
    let mut rows = Rows::default();
    for row in &manifest.rows {
        let RowImages::Pair { base, personalized } = &row.images else {
            continue;
        };
        let find = |side: usize, cell: &str| {
            let found = sides[side].find(cell);
            found.map_err(|reason| mistake(&manifest.path, row.line, &reason))
        };
        let found = find(0, base)
            .and_then(|base| Ok([base, find(1, personalized)?]))
            .and_then(|images| rows.add(manifest, row.line, images, row.prompt.clone(), options));
        match found {
            Ok(()) => {}
            Err(error) if options.bad_files == BadFiles::Skip => rows.errors.push(error),
            Err(error) => return Err(error),
        }
    }
    rows.finish(manifest, folders, options)
}

/// What was found for the rows so far.
#[derive(Default)]
struct Rows {
    found: Vec<Found>,
    errors: Vec<DataError>,
    /// Line of every image of the personalized side.
    lines: BTreeMap<PathBuf, u64>,
    excluded: usize,
}

/// A row's images.
struct Found {
    images: [Meant; 2],
    prompt: Option<String>,
}

impl Rows {
    fn add(
        &mut self,
        manifest: &Manifest,
        line: u64,
        images: [Meant; 2],
        prompt: Option<String>,
        options: &PairOptions,
    ) -> Result<(), DataError> {
        if images
            .iter()
            .any(|image| options.exclude.fits(&image.inside).is_some())
        {
            self.excluded += 1;
            return Ok(());
        }
        if let Some(earlier) = self.lines.get(&images[1].file) {
            let reason = format!(
                "the personalized image {} stands in line {earlier} already; an image counts once, so remove one row",
                images[1].inside
            );
            return Err(mistake(&manifest.path, line, &reason));
        }
        self.lines.insert(images[1].file.clone(), line);
        self.found.push(Found { images, prompt });
        Ok(())
    }

    fn finish(
        self,
        manifest: &Manifest,
        folders: Option<[&Path; 2]>,
        options: &PairOptions,
    ) -> Result<PairSet, DataError> {
        if self.found.is_empty() {
            return Err(nothing_usable(manifest.rows.len(), self.errors.first()));
        }
        let mut notes: Vec<String> = manifest.notes.to_vec();
        if let Some(folders) = folders {
            notes.extend(self.unlisted(manifest, folders, options)?);
        }
        notes.extend(excluded_note(self.excluded));
        notes.extend(self.case_note());
        let (pairs, several) = self.pairs();
        notes.extend(several);
        notes.extend(left_out_together("rows", &self.errors));
        let mut set = PairSet {
            pairs,
            notes,
            pictures: Pictures::files(),
        };
        let read = |image: &Meant| Candidate::of_file(&image.inside, &image.file);
        let images: Vec<[Candidate; 2]> = (self.found.par_iter())
            .map(|row| row.images.each_ref().map(read))
            .collect();
        set.notes.extend(plain_prompts(&mut set.pairs));
        let said: Vec<[&Candidate; 2]> = images.iter().map(|pair| pair.each_ref()).collect();
        set.notes.extend(given_note(&said));
        set.notes
            .extend(fill_prompts(Some(&manifest.path), &mut set.pairs, &said));
        Ok(set)
    }

    /// The pairs, each with a name of its own, and a remark where several have the same image of the base.
    fn pairs(&self) -> (Vec<Pair>, Option<String>) {
        let mut count: BTreeMap<&Path, usize> = BTreeMap::new();
        for row in &self.found {
            *count.entry(&row.images[0].file).or_default() += 1;
        }
        let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for Found {
            images: [base, _], ..
        } in &self.found
        {
            let bare = without_image_extension(&base.inside);
            names.entry(bare).or_default().insert(&base.inside);
        }
        let name = |[base, personalized]: &[Meant; 2]| {
            let bare = without_image_extension(&base.inside);
            let name = match names.get(bare).map_or(0, BTreeSet::len) {
                1 => bare,
                _ => &base.inside,
            };
            match count.get(base.file.as_path()) {
                Some(1) => name.to_string(),
                _ => format!(
                    "{name} with {}",
                    without_image_extension(&personalized.inside)
                ),
            }
        };
        let pairs: Vec<Pair> = (self.found.iter())
            .map(|row| Pair {
                name: name(&row.images),
                prompt: row.prompt.clone(),
                base: row.images[0].file.clone(),
                personalized: row.images[1].file.clone(),
            })
            .collect();
        let note = (count.len() < pairs.len()).then(|| {
            format!(
                "{} share {} of the base; pairs of one image are no independent draws",
                counted(pairs.len(), "pair"),
                counted(count.len(), "image")
            )
        });
        (pairs, note)
    }

    fn case_note(&self) -> Option<String> {
        let mut images = self.found.iter().flat_map(|row| &row.images);
        let first = images.find(|image| image.by_case)?;
        let count = 1 + images.filter(|image| image.by_case).count();
        Some(format!(
            "{} that {} in case from the manifest's ({})",
            match count {
                1 => "1 image has a name".to_string(),
                count => format!("{count} images have names"),
            },
            if count == 1 { "differs" } else { "differ" },
            first.inside
        ))
    }

    /// Notes on the folders: images that no row names, and what else they hold.
    fn unlisted(
        &self,
        manifest: &Manifest,
        folders: [&Path; 2],
        options: &PairOptions,
    ) -> Result<Vec<String>, DataError> {
        let used: BTreeSet<PathBuf> = (self.found.iter())
            .flat_map(|row| &row.images)
            .filter_map(|image| image.file.canonicalize().ok())
            .collect();
        let same = folders[0].canonicalize().ok() == folders[1].canonicalize().ok();
        let mut notes = Vec::new();
        for folder in &folders[..if same { 1 } else { 2 }] {
            let listing = ImageFolder::list_without(folder, options.bad_files, &options.exclude)?;
            let is_used = |file: &Path| file.canonicalize().is_ok_and(|file| used.contains(&file));
            let own = manifest.path.canonicalize().ok();
            notes.extend(listing.all_notes(|file| file.canonicalize().ok() == own));
            let unlisted: Vec<&String> = (listing.images.iter())
                .filter(|(_, file)| !is_used(file))
                .map(|(name, _)| name)
                .collect();
            notes.extend(unlisted_note(manifest, &listing, &unlisted));
        }
        Ok(notes)
    }
}

fn unlisted_note(
    manifest: &Manifest,
    listing: &ImageFolder,
    unlisted: &[&String],
) -> Option<String> {
    let all = listing.images.len();
    (!unlisted.is_empty()).then(|| {
        format!(
            "{} lists {} of {all} images in {}; {} {} left out ({})",
            manifest.path.display(),
            all - unlisted.len(),
            listing.folder.display(),
            unlisted.len(),
            was_or_were(unlisted.len()),
            examples(unlisted)
        )
    })
}

fn excluded_note(rows: usize) -> Option<String> {
    (rows > 0).then(|| {
        let of = counted(rows, "row");
        format!(
            "{of} of the manifest {} left out by --exclude",
            was_or_were(rows)
        )
    })
}

/// Rows that name an image of either folder; which images make a pair is found as without a manifest.
fn of_names(
    manifest: &Manifest,
    folders: [&Path; 2],
    options: &PairOptions,
) -> Result<PairSet, DataError> {
    let mut sides = [
        Side::read(folders[0], options)?,
        Side::read(folders[1], options)?,
    ];
    let mut notes = side_notes(&sides, options, Some(&manifest.path));
    notes.extend(manifest.notes.iter().cloned());
    let mut listed = Listed::new(manifest, &sides, options)?;
    if listed.is_empty() {
        return Err(nothing_usable(manifest.rows.len(), listed.errors.first()));
    }
    notes.extend(listed.leave_unlisted(manifest, &mut sides));
    let chosen = choose(&sides, options)?;
    notes.extend(chosen.notes);
    let positions = listed.pairs_of_rows(manifest, &sides, &chosen.pairs, options)?;
    if positions.is_empty() {
        return Err(nothing_usable(manifest.rows.len(), listed.errors.first()));
    }
    for side in [0, 1] {
        let paired = positions
            .iter()
            .map(|(_, pair)| [pair.0, pair.1][side])
            .collect();
        notes.extend(sides[side].unpaired(&paired));
    }
    notes.extend(left_out_together("rows", &listed.errors));
    let pair = |(row, (a, b)): &(usize, (usize, usize))| Pair {
        name: sides[0].images[*a].name.clone(),
        prompt: manifest.rows[*row].prompt.clone(),
        base: sides[0].images[*a].file.clone(),
        personalized: sides[1].images[*b].file.clone(),
    };
    let mut set = PairSet {
        pairs: positions.iter().map(pair).collect(),
        notes,
        pictures: Pictures::files(),
    };
    let said: Vec<[&Candidate; 2]> = (positions.iter())
        .map(|(_, (a, b))| [&sides[0].images[*a], &sides[1].images[*b]])
        .collect();
    set.notes.extend(plain_prompts(&mut set.pairs));
    set.notes
        .extend(fill_prompts(Some(&manifest.path), &mut set.pairs, &said));
    Ok(set)
}
