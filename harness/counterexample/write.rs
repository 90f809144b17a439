//! An example as a folder that a developer can open.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Counterexample, in_words};
use crate::{implementation::Storage, suite::invariance::Trial};

const SETTINGS: &str = "settings.toml";
const README: &str = "README.md";
const TRANSFORMED: &str = "transformed";

impl Counterexample {
    /// Writes image, region, both transformed, the settings and a README into a folder of its own below `folder`; the
    /// folder that was written. `number` tells apart the examples of a case.
    ///
    /// # Errors
    /// When a folder or a file cannot be written.
    pub fn write(&self, folder: &Path, number: usize) -> io::Result<PathBuf> {
        let slug = self.transformation.slug();
        let own = folder.join(match number {
            0 => slug.to_owned(),
            n => format!("{slug}-{}", n + 1),
        });
        let transformed = own.join(TRANSFORMED);
        fs::create_dir_all(&transformed)?;
        let trial = Trial::of(self.transformation, &self.image, &self.mask, &self.settings)
            .map_err(io::Error::other)?;
        let presented = &trial.presented;
        Storage::default()
            .write(&own, &self.image, &self.mask)
            .map_err(io::Error::other)?;
        (presented.storage)
            .write(&transformed, &presented.image, &presented.mask)
            .map_err(io::Error::other)?;
        fs::write(own.join(SETTINGS), self.settings.to_toml())?;
        fs::write(own.join(README), self.readme(presented.storage))?;
        Ok(own)
    }

    fn readme(&self, storage: Storage) -> String {
        let [image, mask] = Storage::default().names();
        let [other_image, other_mask] = storage.names();
        let words = self.transformation.words();
        let mut text = format!(
            "# Not the same when {words}\n\n\
             The smallest image found on which the features below do not stay what theory says: {}.\n\n\
             | file | what it is |\n| --- | --- |\n\
             | `{image}`, `{mask}` | the image and the region (label 1) |\n\
             | `{TRANSFORMED}/{other_image}`, `{TRANSFORMED}/{other_mask}` | the same, {words} (label {}) |\n\
             | `{SETTINGS}` | the settings for both |\n\n\
             Compute the features of both and compare, or let radgauge do it:\n\n\
             ```sh\n\
             radgauge invariance --image {image} --mask {mask} --settings {SETTINGS} \\\n    \
             --select '{}/*' --adapter 'COMMAND'\n\
             ```\n\n\
             | feature | found |\n| --- | --- |\n",
            self.in_words(),
            storage.label,
            self.case,
        );
        for check in &self.violated {
            text += &format!(
                "| `{}` {} | {} |\n",
                check.key(),
                check.name,
                in_words(check)
            );
        }
        text
    }
}
