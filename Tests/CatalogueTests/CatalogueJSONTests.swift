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
    (#"{"service": "a", "host": "a.*.com", "ports_required": [443]}"#, "/endpoints/0"),
    (#"{"service": "a", "host": "example.com", "ports_required": [70000]}"#, "/endpoints/0/ports"),
    (#"{"service": "a", "host": "example.com"}"#, "/endpoints/0"),
    (#"{"service": "a", "host": "example.com", "path": "x", "ports_required": [1]}"#, "/endpoints"),
    (#"{"service": "a", "host": "example.com", "protocol": "udp", "ports_required": [1]}"#, "/end"),
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

  @Test(arguments: [
    ("2026-01-31", true), ("2026-01-31-b", true), ("2026-01-31.2", true), ("2026-13-01", false),
    ("2026-1-31", false), ("latest", false), ("2026-01-31-", false), ("2026-01-31b", false),
  ])
  func versionsAreDates(_ version: String, _ isValid: Bool) {
    #expect(CatalogueVersion.isValid(version) == isValid)
  }
}
