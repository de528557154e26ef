//go:build amd64

#include "textflag.h"

DATA bytes<>+0(SB)/1, $0x22 // quote
DATA bytes<>+1(SB)/1, $0x5c // backslash
DATA bytes<>+2(SB)/1, $0x20 // the bit between [ ] and { }
DATA bytes<>+3(SB)/1, $0x7b // {
DATA bytes<>+4(SB)/1, $0x7d // }
DATA bytes<>+5(SB)/1, $0x1f // the last control character
DATA bytes<>+6(SB)/1, $0x0a // line feed
DATA bytes<>+7(SB)/1, $0x0d // carriage return
GLOBL bytes<>(SB), RODATA|NOPTR, $8

DATA odd<>+0(SB)/8, $0xaaaaaaaaaaaaaaaa
GLOBL odd<>(SB), RODATA|NOPTR, $8

// func blocksAVX2(src *byte, n int, c *carry, quotes, brackets, lines, flags *byte)
//
// Registers over the loop:
//	SI source  DX blocks left  DI quotes  R13 brackets  R12 lines  R11 flags
//	R9 carry.escaped (0 or 1)  R10 carry.inside (0 or all ones)
//	Y8 … Y15 the bytes above, X7 all ones
// In a block:
//	AX quotes  BX brackets  CX what lies in strings
TEXT ·blocksAVX2(SB), NOSPLIT, $0-56
	MOVQ src+0(FP), SI
	MOVQ n+8(FP), DX
	MOVQ c+16(FP), R8
	MOVQ quotes+24(FP), DI
	MOVQ brackets+32(FP), R13
	MOVQ lines+40(FP), R12
	MOVQ flags+48(FP), R11
	MOVQ 0(R8), R9
	MOVQ 8(R8), R10

	VPBROADCASTB bytes<>+0(SB), Y8
	VPBROADCASTB bytes<>+1(SB), Y9
	VPBROADCASTB bytes<>+2(SB), Y10
	VPBROADCASTB bytes<>+3(SB), Y11
	VPBROADCASTB bytes<>+4(SB), Y12
	VPBROADCASTB bytes<>+5(SB), Y13
	VPBROADCASTB bytes<>+6(SB), Y14
	VPBROADCASTB bytes<>+7(SB), Y15
	VPCMPEQB X7, X7, X7

	TESTQ DX, DX
	JZ    done

block:
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1

	// AX: quotes.
	VPCMPEQB  Y8, Y0, Y2
	VPCMPEQB  Y8, Y1, Y3
	VPMOVMSKB Y2, AX
	VPMOVMSKB Y3, CX
	SHLQ      $32, CX
	ORQ       CX, AX

	// BX: brackets of both kinds.
	VPOR      Y10, Y0, Y2
	VPOR      Y10, Y1, Y3
	VPCMPEQB  Y11, Y2, Y4
	VPCMPEQB  Y12, Y2, Y2
	VPOR      Y4, Y2, Y2
	VPCMPEQB  Y11, Y3, Y5
	VPCMPEQB  Y12, Y3, Y3
	VPOR      Y5, Y3, Y3
	VPMOVMSKB Y2, BX
	VPMOVMSKB Y3, CX
	SHLQ      $32, CX
	ORQ       CX, BX

	// Y2, Y3: backslashes; Y4, Y5: control characters. Most blocks have
	// neither, nor a byte above 0x7f, nor begin behind a backslash.
	VPCMPEQB  Y9, Y0, Y2
	VPCMPEQB  Y9, Y1, Y3
	VPMAXUB   Y13, Y0, Y4
	VPMAXUB   Y13, Y1, Y5
	VPCMPEQB  Y13, Y4, Y4
	VPCMPEQB  Y13, Y5, Y5
	VPOR      Y2, Y3, Y6
	VPOR      Y4, Y6, Y6
	VPOR      Y5, Y6, Y6
	VPOR      Y0, Y6, Y6
	VPOR      Y1, Y6, Y6
	VPMOVMSKB Y6, CX
	ORQ       R9, CX
	JNZ       special

	// CX: an even number of quotes is outside, so the sum of the bits up to
	// each place (a product without carries) is the inside of strings.
	VMOVQ      AX, X6
	VPCLMULQDQ $0, X7, X6, X6
	VMOVQ      X6, CX
	XORQ       R10, CX
	MOVQ       CX, R10
	SARQ       $63, R10
	NOTQ       CX
	ANDQ       CX, BX
	MOVQ       AX, (DI)
	MOVQ       BX, (R13)
	MOVQ       $0, (R12)
	MOVB       $0, (R11)

next:
	ADDQ $64, SI
	ADDQ $8, DI
	ADDQ $8, R13
	ADDQ $8, R12
	INCQ R11
	DECQ DX
	JNZ  block

done:
	MOVQ R9, 0(R8)
	MOVQ R10, 8(R8)
	VZEROUPPER
	RET

special:
	// The way from here keeps R8 for itself, and fetches the carry's address
	// again at its end. R14 and X15 are the runtime's only between functions
	// of Go.
	VPMOVMSKB Y2, CX
	VPMOVMSKB Y3, R8
	SHLQ      $32, R8
	ORQ       R8, CX               // CX: backslashes
	VPMOVMSKB Y4, R14
	VPMOVMSKB Y5, R8
	SHLQ      $32, R8
	ORQ       R8, R14              // R14: control characters

	// Line ends.
	XORQ      R8, R8
	TESTQ     R14, R14
	JZ        lines
	VPCMPEQB  Y14, Y0, Y2
	VPCMPEQB  Y15, Y0, Y4
	VPOR      Y2, Y4, Y2
	VPCMPEQB  Y14, Y1, Y3
	VPCMPEQB  Y15, Y1, Y5
	VPOR      Y3, Y5, Y3
	VPMOVMSKB Y2, R15
	VPMOVMSKB Y3, R8
	SHLQ      $32, R8
	ORQ       R15, R8

lines:
	MOVQ R8, (R12)

	// Escaped bytes are those behind a run of backslashes of odd length. Where
	// a run's first place is added to the run, the sum carries to the place
	// behind it; compared with the odd places of the block this tells odd runs
	// from even ones, wherever they begin.
	MOVQ  CX, R8
	ORQ   R9, R8
	JZ    strings
	MOVQ  R9, R8
	NOTQ  R8
	ANDQ  CX, R8                   // R8: backslashes that are not escaped from before
	LEAQ  (R8)(R8*1), R15
	ORQ   odd<>(SB), R15
	SUBQ  R8, R15
	XORQ  odd<>(SB), R15           // R15: the 1st, 3rd, … byte of each run, and what an odd run escapes
	ORQ   CX, R9
	XORQ  R15, R9
	NOTQ  R9                       // R9: all but escaped bytes
	ANDQ  R9, AX
	MOVQ  R15, R9
	ANDQ  CX, R9
	SHRQ  $63, R9

strings:
	VMOVQ      AX, X6
	VPCLMULQDQ $0, X7, X6, X6
	VMOVQ      X6, R15
	XORQ       R10, R15            // R15: the inside of strings
	MOVQ       R15, R10
	SARQ       $63, R10
	MOVQ       AX, (DI)
	ANDQ       R15, R14            // control characters in strings
	NOTQ       R15
	ANDQ       R15, BX
	MOVQ       BX, (R13)
	ANDQ       CX, R15             // backslashes outside
	ORQ        R15, R14            // R14: what is odd
	VPOR       Y0, Y1, Y0
	VPMOVMSKB  Y0, R8              // R8: what is no ASCII
	XORL       AX, AX
	XORL       BX, BX
	XORL       R15, R15
	TESTQ      CX, CX
	SETNE      AX
	TESTQ      R8, R8
	SETNE      BX
	TESTQ      R14, R14
	SETNE      R15
	LEAQ       (AX)(BX*2), AX
	LEAQ       (AX)(R15*4), AX
	MOVB       AX, (R11)           // hasEscape, hasHigh, hasOdd
	MOVQ       c+16(FP), R8
	JMP        next

// func placesBMI(places *uint32, base int, words *uint64, n int) int
//
// A block seldom has more than four brackets, and how many is hard to foresee:
// four places are written always, and as many kept as there are.
TEXT ·placesBMI(SB), NOSPLIT, $0-40
	MOVQ places+0(FP), DI
	MOVQ base+8(FP), DX
	MOVQ words+16(FP), SI
	MOVQ n+24(FP), R8
	MOVQ DI, R9

word:
	MOVQ    (SI), AX
	POPCNTQ AX, CX
	TZCNTQ  AX, BX
	BLSRQ   AX, AX
	ADDL    DX, BX
	MOVL    BX, (DI)
	TZCNTQ  AX, BX
	BLSRQ   AX, AX
	ADDL    DX, BX
	MOVL    BX, 4(DI)
	TZCNTQ  AX, BX
	BLSRQ   AX, AX
	ADDL    DX, BX
	MOVL    BX, 8(DI)
	TZCNTQ  AX, BX
	BLSRQ   AX, AX
	ADDL    DX, BX
	MOVL    BX, 12(DI)
	LEAQ    (DI)(CX*4), R10
	CMPQ    CX, $4
	JLS     counted
	ADDQ    $16, DI

rest:
	TZCNTQ AX, BX
	BLSRQ  AX, AX
	ADDL   DX, BX
	MOVL   BX, (DI)
	ADDQ   $4, DI
	TESTQ  AX, AX
	JNZ    rest

counted:
	MOVQ R10, DI
	ADDQ $8, SI
	ADDQ $64, DX
	DECQ R8
	JNZ  word

	SUBQ R9, DI
	SHRQ $2, DI
	MOVQ DI, ret+32(FP)
	RET
