"""The desk's aiohttp application: sign-in, access, pages, the JSON API with its OpenAPI document, and live events.

- `site.Site` is everything it is given; `application.build(site)` returns the application.
- `routes` is the table of all routes: each says who may (`access.Need`), what it is for the audit, and for the API what
  it takes and gives. `access`, `csrf`, `limits` and `audit` are middlewares that go by it; `openapi` is made from it.
- `views` turn rows into structs that both the pages and the API show; `pages` and `api` hold handlers only.
- Words are data: `catalogue/zh.toml` and `en.toml`; what to say to a customer is configuration (`[desk.talk]`).
"""
