// What every page adds where scripts run; without it each page works as it is.
import "./suggest.js";
import "./facets.js";
