// Starts the API documentation. Nothing is fetched from another host: the validator badge is off,
// and the page's Content-Security-Policy would refuse it.
"use strict";

const place = document.getElementById("swagger-ui");

// Who has entered a key knows no team id by heart: ask the server which team the key opens.
async function teamOf(key) {
  const answer = await fetch(place.dataset.whoami, {
    headers: { Authorization: `Bearer ${key}` },
  });
  return answer.ok ? (await answer.json()).data.teamSlug : null;
}

async function fillInTeam(system, key) {
  const team = await teamOf(key);
  if (team === null) return;
  const paths = system.specSelectors.specJson().get("paths");
  paths.forEach((item, path) => {
    if (!path.includes("{team}")) return;
    item.forEach((_, method) =>
      system.specActions.changeParam([path, method], "team", "path", team, false),
    );
  });
}

const teamFromKey = () => ({
  statePlugins: {
    auth: {
      wrapActions: {
        authorize: (authorize, system) => (payload) => {
          fillInTeam(system, Object.values(payload)[0].value);
          return authorize(payload);
        },
      },
    },
  },
});

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const followColourScheme = () =>
  document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", followColourScheme);
followColourScheme();

SwaggerUIBundle({
  domNode: place,
  url: place.dataset.specification,
  plugins: [teamFromKey],
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  docExpansion: "list",
  filter: true,
  // A secret key must not stay behind in the browser's storage.
  persistAuthorization: false,
  tryItOutEnabled: true,
  validatorUrl: null,
});
