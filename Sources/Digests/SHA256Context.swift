import CLibCrypto

/// Works out SHA-256 digests of many small texts.
///
/// Looking up the method takes longer than digesting a rule, so it is looked up once
/// (OpenSSL's manual, EVP_MD_fetch, "explicit fetching").
package struct SHA256Context: ~Copyable {
  package typealias Digest = (UInt64, UInt64, UInt64, UInt64)

  private let context: OpaquePointer?
  private let method: OpaquePointer?

  package init() {
    context = EVP_MD_CTX_new()
    method = EVP_MD_fetch(nil, "SHA256", nil)
  }

  deinit {
    EVP_MD_CTX_free(context)
    EVP_MD_free(method)
  }

  /// The digest of one text after the other, its bytes as they lie in memory.
  package borrowing func digest(_ prefix: [UInt8], _ text: [UInt8]) -> Digest {
    var digest: Digest = (0, 0, 0, 0)
    EVP_DigestInit_ex(context, method, nil)
    EVP_DigestUpdate(context, prefix, prefix.count)
    EVP_DigestUpdate(context, text, text.count)
    withUnsafeMutableBytes(of: &digest) { bytes in
      _ = EVP_DigestFinal_ex(
        context, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), nil)
    }
    return digest
  }
}
