// Hands in the token of the link, which is used up with that, and shows the answer if it is refused.
"use strict";
async function handIn() {
  const token = location.hash.slice(1);
  if (!token) return;
  history.replaceState(null, "", "/login");
  const answer = await fetch("/login", { method: "POST", body: token, headers: { "Content-Type": "text/plain" } });
  if (answer.ok) location.replace("/");
  else document.querySelector(".message").textContent = await answer.text();
}
addEventListener("hashchange", handIn);
handIn();
