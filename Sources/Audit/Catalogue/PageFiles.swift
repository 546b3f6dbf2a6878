import CatalogueReaders
import Digests
import EndpointCatalogue

/// Published pages as files.
package enum PageFiles {
  package static func read(
    _ bytes: [UInt8], file: String, library: CatalogueLibrary,
    answers: ReadingAnswers = ReadingAnswers()
  ) throws(CatalogueError) -> PageReading {
    try PageReader(editions: library.catalogues, answers: answers)
      .read(bytes, file: file, sha256: SHA256.hex(bytes))
  }
}
