import Foundation
import ImportKit
import Importers
import Testing

/// Input made to hurt: the program answers with an error that names the place.
@Suite struct HostileInputTests {
  private func failure(_ bytes: [UInt8]) -> ImportError? {
    do throws(ImportError) {
      _ = try importerRegistry.read([ExportFile(name: "hostile", bytes: bytes)])
      return nil
    } catch {
      return error
    }
  }

  private func failure(_ text: String) -> ImportError? { failure(Array(text.utf8)) }

  @Test func entitiesAreNotExpanded() throws {
    let laughs = """
      <?xml version="1.0"?>
      <!DOCTYPE pfsense [
      <!ENTITY a "ha">
      <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
      <!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
      <!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">
      ]>
      <pfsense><version>21.0</version><system><hostname>&d;</hostname></system></pfsense>
      """
    let error = try #require(failure(laughs))
    #expect(error.code == .malformed)
    #expect(error.position.hasPrefix("8"))
  }

  @Test func externalEntitiesAreNotLoaded() throws {
    let text = """
      <?xml version="1.0"?>
      <!DOCTYPE config [<!ENTITY x SYSTEM "file:///etc/passwd">]>
      <config version="10.1.0"><devices><entry><vsys><entry name="&x;"/></vsys></entry></devices></config>
      """
    #expect(try #require(failure(text)).code == .malformed)
  }

  @Test(arguments: [("<a>", "</a>"), ("[", "]"), ("{\"a\":", "}")])
  func deepNestingIsRefused(_ pair: (String, String)) throws {
    let depth = 10_000
    let text =
      String(repeating: pair.0, count: depth) + "1" + String(repeating: pair.1, count: depth)
    let error = try #require(failure(text))
    #expect(error.code == .tooLarge || error.code == .malformed)
  }

  @Test func bigTextInOneElementIsRefused() throws {
    let text =
      "<pfsense><filter><rule><descr>" + String(repeating: "x", count: 11_000_000)
      + "</descr></rule></filter></pfsense>"
    let error = try #require(failure(text))
    #expect(error.code == .tooLarge)
  }

  @Test func zeroBytesAreRefused() throws {
    #expect(failure([UInt8]("<config>".utf8) + [0, 0, 0]) != nil)
    #expect(failure([0, 0, 0, 0, 0, 0, 0, 0]) != nil)
  }

  @Test func emptyAndBlankFilesAreNamed() throws {
    #expect(try #require(failure("")).reason == "the file is empty")
    #expect(try #require(failure(" \n\t ")).reason == "the file is empty")
  }

  @Test func archivesAndEncryptedBackupsAreNamed() throws {
    #expect(try #require(failure([0x1F, 0x8B, 8, 0, 0])).reason.contains("gzip"))
    #expect(try #require(failure([0x50, 0x4B, 3, 4, 0])).reason.contains("zip"))
    let backup = "---- BEGIN config.xml ----\nVersion: pfSense\nQUJD\n---- END config.xml ----\n"
    #expect(try #require(failure(backup)).reason.contains("encrypted"))
  }

  @Test func lyingEncodingIsReadAndNoted() throws {
    // Declared windows-1252, but UTF-8 with a byte that is undefined there (0x81 in "Á").
    let text = """
      <?xml version="1.0" encoding="windows-1252"?>
      <pfsense><version>21.0</version><interfaces><lan><enable/><descr>Á\u{81}</descr><ipaddr>192.0.2.1</ipaddr>\
      <subnet>24</subnet></lan></interfaces><filter/></pfsense>
      """
    let outcome = try importerRegistry.read([ExportFile(name: "x", bytes: Array(text.utf8))])
    #expect(outcome.format.id == "pfsense")
  }

  @Test func garbageIsRefusedQuickly() throws {
    var bytes = [UInt8](repeating: 0x41, count: 20_000_000)
    bytes[0] = 0x7B
    #expect(failure(bytes) != nil)
    bytes[0] = 0x3C
    #expect(failure(bytes) != nil)
    bytes[0] = 0x42
    #expect(try #require(failure(bytes)).code == .notRecognised)
  }

  @Test func unknownXMLAndJSONSayWhatTheyAre() throws {
    #expect(try #require(failure("<html><body/></html>")).reason.contains("`html`"))
    #expect(try #require(failure("{\"hello\": 1}")).reason.contains("`hello`"))
    #expect(try #require(failure("42")).code == .notRecognised)
  }
}
