// The page /docs. A file of its own, because the page's policy allows no script within it.
"use strict";

window.addEventListener("load", () => {
  const place = document.getElementById("docs");
  SwaggerUIBundle({
    url: place.dataset.document,
    domNode: place,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    persistAuthorization: false,
    tryItOutEnabled: false,
    // Its own would be asked in the internet.
    validatorUrl: null,
  });
});
