//! The page's content security policy: no script but its own, nothing from anywhere.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// The policy for a page with this script. Escaping is what keeps hostile text from being markup; this is the second
/// fence behind it.
pub(crate) fn content_security_policy(script: &str) -> String {
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; \
         form-action 'none'",
        STANDARD.encode(Sha256::digest(script.as_bytes()))
    )
}
