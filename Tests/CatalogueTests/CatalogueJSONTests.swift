import CatalogueReaders
import EndpointCatalogue
import Testing

/// The form in which catalogues come and go.
@Suite struct CatalogueJSONTests {
  @Test func whatIsWrittenIsReadAgain() throws {
    for catalogue in try BuiltInCatalogues.all() {
      let bytes = CatalogueJSON.write(catalogue)
      let again = try CatalogueJSON.read(bytes, file: "again.json")
      #expect(again == catalogue)
      #expect(CatalogueJSON.write(again) == bytes)
    }
  }

  private static func list(_ endpoint: String, version: String = "2026-01-31") -> String {
    """
    {"schema": "sallyport.catalogue/1", "id": "own", "version": "\(version)", "title": "Own",
     "published": "2026-01-31", "source": {"title": "Own list"},
     "services": [{"id": "a", "name": {"en": "A"}}], "endpoints": [\(endpoint)]}
    """
  }

  @Test func shortFormIsEnough() throws {
    let text = Self.list(
      #"{"service": "a", "host": "*.example.com", "ports_required": [443], "ports_advised": [80]}"#)
    let catalogue = try CatalogueJSON.read(Array(text.utf8), file: "own.json")
    #expect(catalogue.reference == "own@2026-01-31")
    #expect(catalogue.effective == "2026-01-31")
    #expect(catalogue.endpoints[0].text == "*.example.com")
    #expect(catalogue.requirements.map(\.port) == [443, 80])
  }

  @Test(arguments: [
    (#"{"service": "b", "host": "example.com", "ports_required": [443]}"#, "/endpoints/0/service"),
    (#"{"service": "a", "host": "a..com", "ports_required": [443]}"#, "/endpoints/0/host"),
    (#"{"service": "a", "host": "a.*", "ports_required": [443]}"#, "/endpoints/0/host"),
    (#"{"service": "a", "host": "192.0.2.1", "ports_required": [443]}"#, "/endpoints/0/host"),
    (#"{"service": "a", "host": "x.com", "ports_requird": [443]}"#, "/endpoints/0/ports_requird"),
    (
      #"{"service": "a", "host": "x.com", "path": "/a/*/b", "ports_required": [1]}"#,
      "/endpoints/0/path"
    ),
    (
      #"{"service": "a", "host": "x.com", "path": "/a*", "ports_required": [1]}"#,
      "/endpoints/0/path"
    ),
    (
      #"{"service": "a", "host": "x.com", "ports_required": [1, 1]}"#,
      "/endpoints/0/ports_required/1"
    ),
    (
      #"{"service": "a", "host": "x.com", "ports_required": ["443"]}"#,
      "/endpoints/0/ports_required/0"
    ),
    (#"{"service": "a", "address": "x.com", "ports_required": [1]}"#, "/endpoints/0/address"),
    (
      #"{"service": "a", "host": "x.com", "host": "y.com", "ports_required": [1]}"#,
      "/endpoints/0/host"
    ),
    (
      #"{"service": "a", "host": "X.com", "ports_required": [1]}, {"service": "a", "host": "x.com", "ports_required": [2]}"#,
      "/endpoints/1"
    ),
    (#"{"service": "a", "host": "example.com", "ports_required": [70000]}"#, "/endpoints/0/ports"),
    (#"{"service": "a", "host": "example.com"}"#, "/endpoints/0"),
    (#"{"service": "a", "host": "example.com", "path": "x", "ports_required": [1]}"#, "/endpoints"),
    (
      #"{"service": "a", "host": "example.com", "protocol": "icmp", "ports_required": [1]}"#, "/end"
    ),
    (#"{"service": "a", "host": "x.com", "path_match": "glob", "ports_required": [1]}"#, "/endp"),
    ("", ""), ("{", "3:"),
  ])
  func errorsNameTheirPlace(_ endpoint: String, _ position: String) {
    let text = Self.list(endpoint)
    let error = #expect(throws: CatalogueError.self) {
      try CatalogueJSON.read(Array(text.utf8), file: "own.json")
    }
    #expect(error?.position.hasPrefix(position) ?? false, "\(error?.description ?? "")")
    #expect(error?.description.hasPrefix("own.json") ?? false)
  }

  /// Days that no calendar has, and texts that are none, are no dates.
  @Test(arguments: [
    "2024-02-31", "2023-02-29", "someday", "31/12/2024", "2024-1-1", "", "2024-04-31",
  ])
  func datesAreDays(_ date: String) {
    for member in ["published", "effective"] {
      let text = Self.list(
        #"{"service": "a", "host": "x.com", "ports_required": [443]}"#
      ).replacing(
        "\"published\": \"2026-01-31\"",
        with: "\"published\": \"2026-01-31\", \"\(member)\": \"\(date)\""
      )
      .replacing(
        "\"published\": \"2026-01-31\", \"published\"", with: "\"published\"")
      let error = #expect(throws: CatalogueError.self) {
        try CatalogueJSON.read(Array(text.utf8), file: "own.json")
      }
      #expect(error?.position.hasPrefix("/\(member)") ?? false, "\(error?.description ?? "")")
    }
  }

  /// A star at the end of a path says what the folder says; UDP and networks are kept without a
  /// verdict; stars in a name are patterns.
  @Test func widerFormsAreRead() throws {
    let text = Self.list(
      #"{"service": "a", "host": "www.example.com", "path": "/pki/*", "ports_required": [80]},"#
        + #"{"service": "a", "host": "x.example.com", "protocol": "udp", "ports_required": [3478]},"#
        + #"{"service": "a", "address": "192.0.2.0/24", "ports_required": [443]},"#
        + #"{"service": "a", "host": "watson.*.example.com", "ports_required": [443], "level": "optional"}"#
    )
    let catalogue = try CatalogueJSON.read(Array(text.utf8), file: "own.json")
    #expect(catalogue.endpoints[0].path == "/pki/")
    #expect(catalogue.endpoints[0].pathMatch == .prefix)
    #expect(catalogue.endpoints.map { $0.unjudged != nil } == [false, true, true, false])
    #expect(catalogue.requirements.map(\.level) == [.required, .required, .required, .advised])
    #expect(try CatalogueJSON.read(CatalogueJSON.write(catalogue), file: "again") == catalogue)
  }

  @Test(arguments: [
    ("2026-01-31", true), ("2026-01-31-b", true), ("2026-01-31.2", true), ("2026-13-01", false),
    ("2026-1-31", false), ("latest", false), ("2026-01-31-", false), ("2026-01-31b", false),
  ])
  func versionsAreDates(_ version: String, _ isValid: Bool) {
    #expect(CatalogueVersion.isValid(version) == isValid)
  }
}
