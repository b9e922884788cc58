/* What every page of a role runs: navigation, small behaviours, the player. */
import "./navigation.js";
import "./theme.js";
import "./copy.js";
import "../player/main.js";
