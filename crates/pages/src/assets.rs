//! The style sheet, the script and the icon: all that a page loads, each under a name that changes with its content.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use knotwork_identity::{sha256, to_text};

/// Where the style sheet is.
pub(crate) fn style_path() -> &'static str {
    &STYLE.path
}

/// Where the script is.
pub(crate) fn script_path() -> &'static str {
    &SCRIPT.path
}

/// Where the icon is.
pub(crate) fn icon_path() -> &'static str {
    &ICON.path
}

/// One of them, to be kept by the browser for good.
pub(crate) async fn get(Path(name): Path<String>) -> Response {
    let wanted =
        [&STYLE, &SCRIPT, &ICON].into_iter().find(|asset| asset.path.rsplit('/').next() == Some(name.as_str()));
    let Some(asset) = wanted else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, asset.content).into_response()
}

struct Asset {
    path: String,
    kind: &'static str,
    content: &'static str,
}

impl Asset {
    fn new(name: &str, ending: &str, kind: &'static str, content: &'static str) -> Self {
        let digest = to_text(&sha256(&[content.as_bytes()]));
        Self { path: format!("/assets/{name}-{}.{ending}", &digest[1..13]), kind, content }
    }
}

static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("style", "css", "text/css; charset=utf-8", include_str!("../assets/style.css")));
static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("script", "js", "text/javascript; charset=utf-8", include_str!("../assets/script.js")));
static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("../assets/icon.svg")));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_a_page_loads_is_small() {
        let bytes = STYLE.content.len() + SCRIPT.content.len() + ICON.content.len();
        assert!(bytes < 25_000, "{bytes} bytes");
        assert!(!STYLE.content.contains("://") && !STYLE.content.contains("@import"));
    }
}
