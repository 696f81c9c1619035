// What the list of tickets does better with scripts.
import { choose } from "./choosing.js";
import { complete } from "./completing.js";
import { follow } from "./live.js";
import { move } from "./moving.js";
import { search } from "./searching.js";

const form = document.getElementById("find");
if (form) {
  complete(form);
  search(form);
  follow(form);
  choose();
  move(form);
}
