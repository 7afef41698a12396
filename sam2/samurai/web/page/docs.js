// Swagger UI on the server's description of itself.

/** @type {any} */ (window).SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#paths",
  deepLinking: true,
  validatorUrl: null, // which would be somebody else's server
});
