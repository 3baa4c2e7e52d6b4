"""Pages of the site in which models run in the browser."""
