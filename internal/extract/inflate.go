package extract

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// How an input was compressed, as Inflate names it.
const (
	Plain = "plain"
	Gzip  = "gzip"
	Zstd  = "zstd"
)

// ErrNested says that a compressed input holds another one.
var ErrNested = errors.New("an archive inside an archive: unpack it first")

// zstdWindow is the largest window of a zstd stream that is read, in bytes.
const zstdWindow = 128 << 20

// inflateRead is how many compressed bytes are read at once: decompressors ask
// for few at a time.
const inflateRead = 64 << 10

// Inflate unpacks gzip (of one or more members) and zstd, told by their first
// bytes, and passes everything else on as it is. It returns the unpacked
// input and one of Plain, Gzip and Zstd.
//
// Reading can fail with a *Bomb, with ErrNested where what was unpacked is an
// archive again, and with an error that wraps io.ErrUnexpectedEOF where the
// input is cut short. Bytes behind the last gzip member are an error. Close
// gives memory back and does not close r.
func Inflate(r io.Reader, lim Limits) (io.ReadCloser, string, error) {
	in := &counter{r: r}
	head, err := peekHead(in, len(zstdMagic))
	if err != nil {
		return nil, "", fmt.Errorf("read: %w", err)
	}
	how := compression(head.head)
	if how == Plain {
		return io.NopCloser(head), Plain, nil
	}
	packed := bufio.NewReaderSize(head, inflateRead)
	f := &inflated{how: how, in: in, packed: packed, lim: lim, close: func() {}}
	switch how {
	case Gzip:
		z, err := gzip.NewReader(packed)
		if err != nil {
			return nil, "", f.explain(err)
		}
		f.r = z
	case Zstd:
		z, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, "", f.explain(err)
		}
		f.r, f.close = z, z.Close
	}
	return f, how, nil
}

const (
	gzipMagic = "\x1f\x8b"
	zstdMagic = "\x28\xb5\x2f\xfd"
	skipMagic = "\x2a\x4d\x18" // of a skippable zstd frame, behind a byte 0x50 to 0x5f
)

// compression tells how a stream is compressed by its first four bytes.
func compression(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte(gzipMagic)):
		return Gzip
	case bytes.HasPrefix(head, []byte(zstdMagic)),
		len(head) >= 4 && head[0]&0xf0 == 0x50 && string(head[1:4]) == skipMagic:
		return Zstd
	default:
		return Plain
	}
}

// inflated is an unpacked stream.
type inflated struct {
	r      io.Reader
	close  func()
	how    string
	in     *counter
	packed *bufio.Reader // of in
	out    int64
	lim    Limits
	first  []byte // the first bytes of the output, up to four
	err    error
}

// Read unpacks.
func (f *inflated) Read(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.r.Read(p)
	f.out += int64(n)
	if len(f.first) < 4 {
		f.first = append(f.first, p[:min(n, 4-len(f.first))]...)
	}
	bomb := f.lim.Expansion(f.in.n-int64(f.packed.Buffered()), f.out)
	switch {
	case compression(f.first) != Plain || IsZip(f.first):
		n, f.err = 0, ErrNested
	case bomb != nil:
		f.err = bomb
	case err == io.EOF:
		f.err = io.EOF
	case err != nil:
		f.err = f.explain(err)
	}
	return n, f.err
}

// explain words an error of unpacking.
func (f *inflated) explain(err error) error {
	switch {
	case f.in.err != nil:
		return fmt.Errorf("read: %w", f.in.err)
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return fmt.Errorf("the %s stream ends early: %w", f.how, io.ErrUnexpectedEOF)
	case f.out > 0 && (errors.Is(err, gzip.ErrHeader) || errors.Is(err, zstd.ErrMagicMismatch)):
		return fmt.Errorf("something else follows the %s stream: %w", f.how, err)
	default:
		return fmt.Errorf("the %s stream is broken: %w", f.how, err)
	}
}

// Close gives memory back.
func (f *inflated) Close() error {
	f.close()
	if f.err == nil {
		f.err = errors.New("read after close")
	}
	return nil
}

// counter counts the bytes of a reader and keeps its error.
type counter struct {
	r   io.Reader
	n   int64
	err error // other than io.EOF
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// headed is a reader whose first bytes have been looked at.
type headed struct {
	head []byte // not yet read again
	r    io.Reader
}

// peekHead reads up to n bytes ahead.
func peekHead(r io.Reader, n int) (*headed, error) {
	head := make([]byte, n)
	got, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	return &headed{head: head[:got], r: r}, nil
}

func (h *headed) Read(p []byte) (int, error) {
	if len(h.head) > 0 {
		n := copy(p, h.head)
		h.head = h.head[n:]
		return n, nil
	}
	return h.r.Read(p)
}
